/**
 * Records a history of each way through the workflows, for the replay test. Run it after workflow code has changed
 * (`npm run histories`); the older files stay: what runs in production began under them.
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { bundleWorkflowCode, Worker } from '@temporalio/worker';
import type { ActionPackActivities } from '../../src/activities/actions/actionPackActivities.js';
import type { ActionRunActivities } from '../../src/activities/actions/actionRunActivities.js';
import type { FeedActivities } from '../../src/activities/crm/feedActivities.js';
import type { DeliveryProgress, OutboxActivities } from '../../src/activities/outbox/outboxActivities.js';
import type { RegisterActivities } from '../../src/activities/register/registerActivities.js';
import { ACTION_PACK_WORKFLOW, ACTION_RUN_WORKFLOW, type RunTried } from '../../src/temporal/actions/contract.js';
import type { StepTried } from '../../src/temporal/register/contract.js';
import { REGISTER_WORKFLOW } from '../../src/temporal/register/contract.js';
import type { RedriveActivities, RedrivePage } from '../../src/activities/outbox/redriveActivities.js';
import type { ReleaseProgress, ThrottleActivities } from '../../src/activities/throttle/throttleActivities.js';
import type { DispatchActivities } from '../../src/activities/sync/dispatchActivities.js';
import type { EstimateActivities } from '../../src/activities/sync/estimateActivities.js';
import type { PortalActivities } from '../../src/activities/sync/portalActivities.js';
import type { PassActivities } from '../../src/activities/sync/passActivities.js';
import type { SyncActivities } from '../../src/activities/sync/syncActivities.js';
import type { JournalActivities } from '../../src/activities/webhooks/journalActivities.js';
import type { ReconcilerActivities } from '../../src/worker/reconciler.js';
import type { DeliveryResult } from '../../src/services/crm/deliverChanges.js';
import { FEED_DELIVERY_WORKFLOW } from '../../src/temporal/crm/contract.js';
import { OUTBOX_DELIVERY_WORKFLOW, OUTBOX_REDRIVE_WORKFLOW } from '../../src/temporal/outbox/contract.js';
import { DISCONNECT_WORKFLOW, INSTALL_WORKFLOW } from '../../src/temporal/portals/contract.js';
import { RECONCILER_WORKFLOW } from '../../src/temporal/reconciler.js';
import { DISPATCH_WORKFLOW, ESTIMATE_WORKFLOW, PASS_WORKFLOW, PORTAL_WORKFLOW, SYNC_WORKFLOW } from '../../src/temporal/sync/contract.js';
import { JOURNAL_WORKFLOW, type JournalTurnResult } from '../../src/temporal/webhooks/contract.js';
import { NUDGE_SIGNAL, THROTTLE_WORKFLOW } from '../../src/temporal/throttle/contract.js';
import { workflowsPath } from '../../src/worker/worker.js';
import { HISTORIES, workflowFingerprint } from '../support/histories.js';
import { portalActivities, type PortalSteps } from '../support/portalActivities.js';
import { createTimeSkipping } from '../support/temporal.js';
import { TOKEN_SCENARIOS } from './tokens.js';

const HOUR_MS = 3_600_000;
const done: ReleaseProgress = { remaining: 0, nextInMs: null, ended: { completed: 2 } };
const later = (nextInMs: number | null): ReleaseProgress => ({ remaining: 2, nextInMs, ended: {} });

interface Scenario {
  name: string;
  workflow: string;
  dueInMs?: number;
  answers?: ReleaseProgress[];
  meanwhile?: 'nudge' | 'cancel';
  /** What a delivery's rounds come to. */
  rounds?: DeliveryProgress[];
  /** What the pages of a redrive come to. */
  pages?: RedrivePage[];
  /** What the first tries of a registration's steps come to. */
  steps?: StepTried[];
  /** What the first tries of a run's handler, and its first completion, come to. */
  tried?: RunTried[];
  /** How long a run waits first. */
  inMs?: number;
  told?: RunTried[];
  /** What the steps of a portal's workflow answer, where it is not the usual. */
  portal?: Partial<PortalSteps>;
}

const unreachable = () => Promise.reject(ApplicationFailure.nonRetryable('away'));
const oneLeft = [1, 0];

const SCENARIOS: Scenario[] = [
  { name: 'throttle-at-once', workflow: THROTTLE_WORKFLOW, dueInMs: 0, answers: [done] },
  { name: 'throttle-waits-once', workflow: THROTTLE_WORKFLOW, dueInMs: HOUR_MS, answers: [done] },
  { name: 'throttle-waits-again', workflow: THROTTLE_WORKFLOW, dueInMs: HOUR_MS, answers: [later(HOUR_MS), done] },
  { name: 'throttle-paused-then-nudged', workflow: THROTTLE_WORKFLOW, dueInMs: 0, answers: [later(null), done], meanwhile: 'nudge' },
  { name: 'throttle-cancelled', workflow: THROTTLE_WORKFLOW, dueInMs: HOUR_MS, answers: [later(1), done], meanwhile: 'cancel' },
  { name: 'relay', workflow: RECONCILER_WORKFLOW },
  { name: 'outboxDelivery', workflow: OUTBOX_DELIVERY_WORKFLOW, rounds: [{ done: 90, retried: 1, dead: 0, idle: false }] },
  { name: 'feedDelivery', workflow: FEED_DELIVERY_WORKFLOW },
  { name: 'registerContact', workflow: REGISTER_WORKFLOW },
  { name: 'registerContact-waits', workflow: REGISTER_WORKFLOW, steps: [{ state: 'done' }, { state: 'again', inMs: 500 }] },
  { name: 'registerContact-over', workflow: REGISTER_WORKFLOW, steps: [{ state: 'over' }] },
  { name: 'actionRun', workflow: ACTION_RUN_WORKFLOW },
  { name: 'actionRun-again', workflow: ACTION_RUN_WORKFLOW, tried: [{ state: 'again', inMs: 500 }], told: [{ state: 'again', inMs: 500 }] },
  { name: 'actionRun-cancelled', workflow: ACTION_RUN_WORKFLOW, tried: [{ state: 'again', inMs: HOUR_MS }], meanwhile: 'cancel' },
  { name: 'actionRun-later', workflow: ACTION_RUN_WORKFLOW, inMs: 500 },
  { name: 'actionPack', workflow: ACTION_PACK_WORKFLOW, tried: [{ state: 'again', inMs: 500 }] },
  { name: 'actionPack-cancelled', workflow: ACTION_PACK_WORKFLOW, tried: [{ state: 'again', inMs: HOUR_MS }], meanwhile: 'cancel' },
  { name: 'outboxRedrive', workflow: OUTBOX_REDRIVE_WORKFLOW, pages: [{ moved: 100, over: false, waitMs: 2000 }] },
  { name: 'portalSync', workflow: SYNC_WORKFLOW },
  { name: 'syncDispatch', workflow: DISPATCH_WORKFLOW },
  { name: 'syncPass', workflow: PASS_WORKFLOW },
  { name: 'syncEstimate', workflow: ESTIMATE_WORKFLOW },
  { name: 'syncPortal', workflow: PORTAL_WORKFLOW },
  { name: 'webhooksJournal', workflow: JOURNAL_WORKFLOW },
  { name: 'install', workflow: INSTALL_WORKFLOW },
  { name: 'disconnect', workflow: DISCONNECT_WORKFLOW },
  { name: 'disconnect-superseded', workflow: DISCONNECT_WORKFLOW, portal: { planDisconnect: () => Promise.resolve({ current: false, canTellHubSpot: true, uninstall: false }) } },
  { name: 'disconnect-uninstalls', workflow: DISCONNECT_WORKFLOW, portal: { planDisconnect: () => Promise.resolve({ current: true, canTellHubSpot: false, uninstall: true }) } },
  { name: 'disconnect-waits', workflow: DISCONNECT_WORKFLOW, portal: { endPortal: () => Promise.resolve({ marked: 0, left: oneLeft.shift() ?? 0 }) } },
  { name: 'disconnect-unconfirmed', workflow: DISCONNECT_WORKFLOW, portal: { revokeGrant: unreachable } },
];

const env = await createTimeSkipping();
try {
  const workflowBundle = await bundleWorkflowCode({ workflowsPath });
  for (const scenario of SCENARIOS) {
    const answers = [...(scenario.answers ?? [])];
    const rounds = [...(scenario.rounds ?? [])];
    const calls: DeliveryResult[] = [{ delivered: 100, dead: 1, ended: 'more' }];
    const pages = [...(scenario.pages ?? [])];
    const steps = [...(scenario.steps ?? [])];
    const tried = [...(scenario.tried ?? [])];
    const told = [...(scenario.told ?? [])];
    const turn = { offset: null, files: 0, events: 0, nextInMs: 0 };
    const turns: JournalTurnResult[] = [
      { ...turn, files: 1, events: 9, ended: 'done' },
      { ...turn, ended: 'failed', nextInMs: 90_000 },
      { ...turn, ended: 'done' },
    ];
    const reads = [{ phase: 'load' as const, read: 100, changed: 100, ended: 'more' as const }];
    const activities: ThrottleActivities & ReconcilerActivities & ActionRunActivities & ActionPackActivities & OutboxActivities & RedriveActivities & RegisterActivities & FeedActivities & PortalSteps & SyncActivities & DispatchActivities & PassActivities & EstimateActivities & PortalActivities & JournalActivities = {
      readRecords: () => Promise.resolve(reads.shift() ?? { phase: 'follow', read: 1, changed: 1, ended: 'done' }),
      dispatchSyncs: () => Promise.resolve({ probed: 2, changed: 1, started: 1, failed: 0 }),
      readFacts: () => Promise.resolve({ records: 250, properties: 9, calculated: 1, isWide: false }),
      readPortal: () => Promise.resolve({ probed: 2, changed: 1, started: 1, failed: 0 }),
      runDuePasses: () => Promise.resolve({ turns: 2, seen: 10, changed: 1, failed: 0 }),
      ...portalActivities([], scenario.portal),
      releaseExecutions: () => Promise.resolve(answers.shift() ?? done),
      cancelExecutions: () => Promise.resolve(2),
      deliverEvents: () => Promise.resolve(rounds.shift() ?? { done: 1, retried: 0, dead: 0, idle: true }),
      readJournal: () => Promise.resolve<JournalTurnResult>(turns.shift() ?? { ...turn, ended: 'off' }),
      keepJournalSubscriptions: () => Promise.resolve({ made: 2, ended: 0, refused: 0, told: 1, polled: 0 }),
      callConsumer: () => Promise.resolve<DeliveryResult>(calls.shift() ?? { delivered: 7, dead: 0, ended: 'done' }),
      tryRun: () => Promise.resolve<RunTried>(tried.shift() ?? { state: 'over' }),
      completeRun: () => Promise.resolve<RunTried>(told.shift() ?? { state: 'over' }),
      cancelRun: () => Promise.resolve(),
      runPack: () => Promise.resolve<RunTried>(tried.shift() ?? { state: 'over' }),
      cancelPack: () => Promise.resolve(),
      takeStep: () => Promise.resolve<StepTried>(steps.shift() ?? { state: 'done' }),
      endRegistration: () => Promise.resolve('done'),
      redrivePage: () => Promise.resolve(pages.shift() ?? { moved: 7, over: true, waitMs: 140 }),
      cancelRedrive: () => Promise.resolve(),
      sweep: () => Promise.resolve({ packsStarted: 0, packsWoken: 0 }),
    };
    const taskQueue = scenario.name;
    const worker = await Worker.create({ connection: env.nativeConnection, taskQueue, workflowBundle, activities });
    const json = await worker.runUntil(async () => {
      const input = { workspaceId: '00000000-0000-4000-8000-000000000001', packId: '7', portalId: 1, laneId: '3', size: 2, dueInMs: scenario.dueInMs ?? 0 };
      const portal = { workspaceId: input.workspaceId, portalId: 1, epoch: 2 };
      const args = scenario.workflow === REGISTER_WORKFLOW ? [{ workspaceId: input.workspaceId, portalId: 1, registrationId: '7' }] : scenario.workflow === ACTION_RUN_WORKFLOW ? [{ workspaceId: input.workspaceId, portalId: 1, runId: '7', ...(scenario.inMs !== undefined && { inMs: scenario.inMs }) }] : scenario.workflow === ACTION_PACK_WORKFLOW ? [{ workspaceId: input.workspaceId, portalId: 1, action: 'greet', runIds: ['7', '8'] }] : scenario.workflow === THROTTLE_WORKFLOW ? [input] : scenario.workflow === PASS_WORKFLOW ? ['settled'] : scenario.workflow === SYNC_WORKFLOW || scenario.workflow === ESTIMATE_WORKFLOW ? [{ workspaceId: input.workspaceId, portalId: 1, objectType: 'contacts' }] : scenario.workflow === DISPATCH_WORKFLOW ? [] : scenario.workflow === RECONCILER_WORKFLOW ? [] : [portal];
      const handle = await env.client.workflow.start(scenario.workflow, { taskQueue, workflowId: scenario.name, args });
      if (scenario.meanwhile) await env.sleep('1 minute');
      if (scenario.meanwhile === 'nudge') await handle.signal(NUDGE_SIGNAL);
      if (scenario.meanwhile === 'cancel') await handle.cancel();
      await handle.result().catch((error: unknown) => {
        if (scenario.meanwhile !== 'cancel') throw error;
      });
      return historyToJSON(await handle.fetchHistory());
    });
    await keep(scenario.name, json);
  }
  for (const { name, workflow, args, activities, meanwhile } of TOKEN_SCENARIOS) {
    const worker = await Worker.create({ connection: env.nativeConnection, taskQueue: name, workflowBundle, activities });
    const json = await worker.runUntil(async () => {
      const handle = await env.client.workflow.start(workflow, { taskQueue: name, workflowId: name, args });
      await meanwhile?.(env, handle);
      await handle.result();
      return historyToJSON(await handle.fetchHistory());
    });
    await keep(name, json);
  }
} finally {
  await env.teardown();
}

/** Without stack traces: a replay does not read them, and they name folders of the machine that recorded. */
async function keep(name: string, json: string): Promise<void> {
  const file = `${name}.${await workflowFingerprint()}.json`;
  await writeFile(path.join(HISTORIES, file), `${json.replace(/"stackTrace": "(?:[^"\\]|\\.)*"/g, '"stackTrace": ""')}\n`);
  process.stdout.write(`${file}\n`);
}
