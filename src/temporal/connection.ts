import {
  Client,
  Connection,
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import type { Config } from '../platform/config.js';
import type { Pack } from '../db/throttle/packs.js';
import type { ThrottleInput } from '../workflows/throttle/throttle.js';
import type { Keeper } from '../hubspot/tokens/tokens.js';
import type { NoticeInput } from '../workflows/workspaces/notice.js';
import type { OutboxDeliveryInput } from '../workflows/outbox/outboxDelivery.js';
import type { OutboxRedriveInput } from '../workflows/outbox/outboxRedrive.js';
import type { TokenKeeperInput } from '../workflows/tokens/tokenKeeper.js';
import {
  deliveryWorkflowId,
  DISCONNECT_WORKFLOW,
  disconnectWorkflowId,
  INSTALL_WORKFLOW,
  installWorkflowId,
  NOTICE_WORKFLOW,
  noticeWorkflowId,
  NUDGE_SIGNAL,
  OUTBOX_DELIVERY_WORKFLOW,
  OUTBOX_REDRIVE_WORKFLOW,
  PORTAL_CHANGED_SIGNAL,
  redriveWorkflowId,
  RELAY_SCHEDULE_ID,
  RELAY_WORKFLOW,
  THROTTLE_WORKFLOW,
  TOKEN_KEEPER_WORKFLOW,
  tokenKeeperWorkflowId,
  type PortalEpoch,
} from './ids.js';
import { searchAttributes } from './searchAttributes.js';

type TemporalConfig = Pick<
  Config,
  'TEMPORAL_ADDRESS' | 'TEMPORAL_NAMESPACE' | 'TEMPORAL_API_KEY' | 'TEMPORAL_TLS' | 'TEMPORAL_TASK_QUEUE'
>;

/** The only seam through which the service starts, signals or describes workflows. */
export interface Temporal {
  /** Starts the pack's workflow; does nothing when it already runs. Starts it anew when it had ended. */
  startPack(pack: Pack): Promise<void>;
  /** Wakes a pack's workflow. False when it no longer runs. */
  nudgePack(workflowId: string): Promise<boolean>;
  /** Makes the schedule of the relay, every `everyMs`, or leaves it as it is. */
  ensureRelay(everyMs: number): Promise<void>;
  /** The workflows that keep tokens fresh. */
  readonly tokenKeeper: Keeper;
  /** Starts the delivery of a notice; does nothing when it is under way. */
  startNotice(notice: NoticeInput): Promise<void>;
  /** Starts the delivery of a portal's events, or tells the one that runs that there are more. */
  startDelivery(portal: OutboxDeliveryInput): Promise<void>;
  /** Starts a redrive; does nothing when it runs. */
  startRedrive(redrive: OutboxRedriveInput): Promise<void>;
  /** Asks a redrive to end. False when it does not run. */
  cancelRedrive(redriveId: string): Promise<boolean>;
  /** Resolves when the server answers; rejects otherwise. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** The workflows of portals that come and go. */
export interface PortalWorkflows {
  /** Starts what follows an install, or takes a portal out of use; does nothing when it runs already. */
  startInstall(portal: PortalEpoch): Promise<void>;
  startDisconnect(portal: PortalEpoch): Promise<void>;
}

/** Connects lazily: the process may start, and take calls, while Temporal is away. */
export function connectTemporal(config: TemporalConfig): Temporal & PortalWorkflows {
  const connection = Connection.lazy({
    address: config.TEMPORAL_ADDRESS,
    tls: config.TEMPORAL_TLS,
    connectTimeout: '5s',
    ...(config.TEMPORAL_API_KEY ? { apiKey: config.TEMPORAL_API_KEY.reveal() } : {}),
  });
  const client = new Client({ connection, namespace: config.TEMPORAL_NAMESPACE });
  const taskQueue = config.TEMPORAL_TASK_QUEUE;

  return {
    async startPack(pack) {
      const input: ThrottleInput = {
        workspaceId: pack.workspaceId,
        packId: pack.packId,
        portalId: pack.portalId,
        laneId: pack.laneId,
        size: pack.size,
        dueInMs: Math.max(0, Math.round(pack.dueInMs)),
      };
      await client.withDeadline(Date.now() + 10_000, () =>
        client.workflow.start(THROTTLE_WORKFLOW, {
          taskQueue,
          workflowId: pack.workflowId,
          args: [input],
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          workflowIdConflictPolicy: 'USE_EXISTING',
          staticSummary: `${pack.size} execution${pack.size === 1 ? '' : 's'} of portal ${pack.portalId}, lane ${pack.laneId}`,
          typedSearchAttributes: new TypedSearchAttributes([
            { key: searchAttributes.portalId, value: String(pack.portalId) },
            { key: searchAttributes.lane, value: pack.laneId },
            { key: searchAttributes.callbackId, value: pack.headCallbackId },
            { key: searchAttributes.executionState, value: 'waiting' },
          ]),
        }),
      );
    },

    async nudgePack(workflowId) {
      try {
        await client.workflow.getHandle(workflowId).signal(NUDGE_SIGNAL);
        return true;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      }
    },

    startInstall: (portal) =>
      startOfPortal(INSTALL_WORKFLOW, installWorkflowId(portal.portalId, portal.epoch), portal),
    startDisconnect: (portal) =>
      startOfPortal(DISCONNECT_WORKFLOW, disconnectWorkflowId(portal.portalId, portal.epoch), portal),

    async ensureRelay(everyMs) {
      try {
        await client.schedule.create({
          scheduleId: RELAY_SCHEDULE_ID,
          spec: { intervals: [{ every: everyMs }] },
          policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: 60_000 },
          action: {
            type: 'startWorkflow',
            workflowType: RELAY_WORKFLOW,
            workflowId: 'relay',
            taskQueue,
            workflowRunTimeout: '2m',
          },
          memo: { purpose: 'Starts and wakes what a process that died has left' },
        });
      } catch (error) {
        if (!(error instanceof ScheduleAlreadyRunning)) throw error;
      }
    },

    tokenKeeper: {
      async keep(portalId) {
        await client.withDeadline(Date.now() + 10_000, () =>
          client.workflow.start(TOKEN_KEEPER_WORKFLOW, keeperOptions(taskQueue, portalId)),
        );
      },
      async tell(portalId) {
        await client.withDeadline(Date.now() + 10_000, () =>
          client.workflow.signalWithStart(TOKEN_KEEPER_WORKFLOW, {
            ...keeperOptions(taskQueue, portalId),
            signal: PORTAL_CHANGED_SIGNAL,
          }),
        );
      },
    },

    async startDelivery({ workspaceId, portalId }) {
      await client.withDeadline(Date.now() + 10_000, () =>
        client.workflow.signalWithStart(OUTBOX_DELIVERY_WORKFLOW, {
          taskQueue,
          workflowId: deliveryWorkflowId(portalId),
          args: [{ workspaceId, portalId }],
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          signal: NUDGE_SIGNAL,
          staticSummary: `Delivers the events of portal ${portalId}`,
          typedSearchAttributes: new TypedSearchAttributes([
            { key: searchAttributes.portalId, value: String(portalId) },
          ]),
        }),
      );
    },

    async startRedrive({ workspaceId, redriveId }) {
      await client.withDeadline(Date.now() + 10_000, () =>
        client.workflow.start(OUTBOX_REDRIVE_WORKFLOW, {
          taskQueue,
          workflowId: redriveWorkflowId(redriveId),
          args: [{ workspaceId, redriveId }],
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          workflowIdConflictPolicy: 'USE_EXISTING',
          staticSummary: 'Puts events of the outbox back on their way',
        }),
      );
    },

    async cancelRedrive(redriveId) {
      try {
        await client.withDeadline(Date.now() + 10_000, () =>
          client.workflow.getHandle(redriveWorkflowId(redriveId)).cancel(),
        );
        return true;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      }
    },

    async startNotice(notice) {
      await client.withDeadline(Date.now() + 10_000, () =>
        client.workflow.start(NOTICE_WORKFLOW, {
          taskQueue,
          workflowId: noticeWorkflowId(notice.noticeId),
          args: [notice],
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          workflowIdConflictPolicy: 'USE_EXISTING',
          staticSummary: `Notice ${notice.noticeId}: ${notice.kind}`,
        }),
      );
    },

    async check() {
      await client.withDeadline(Date.now() + 3000, () => connection.workflowService.getSystemInfo({}));
    },

    close: () => connection.close(),
  };

  async function startOfPortal(workflow: string, workflowId: string, portal: PortalEpoch): Promise<void> {
    await client.withDeadline(Date.now() + 10_000, () =>
      client.workflow.start(workflow, {
        taskQueue,
        workflowId,
        args: [portal],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowIdConflictPolicy: 'USE_EXISTING',
        typedSearchAttributes: new TypedSearchAttributes([
          { key: searchAttributes.portalId, value: String(portal.portalId) },
        ]),
      }),
    );
  }
}

function keeperOptions(taskQueue: string, portalId: number) {
  const input: TokenKeeperInput = { portalId };
  return {
    taskQueue,
    workflowId: tokenKeeperWorkflowId(portalId),
    args: [input] as [TokenKeeperInput],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    staticSummary: `Keeps the token of portal ${portalId} fresh while it is in use`,
    typedSearchAttributes: new TypedSearchAttributes([
      { key: searchAttributes.portalId, value: String(portalId) },
    ]),
  } as const;
}
