import { completedOf, oneLane, untilCompleted } from '../faults/fault.js';
import { installedLane, portalRow } from '../faults/installed.js';
import { installApp } from '../support/installApp.js';
import { until, type Flow, type Stack } from '../support/stack.js';
import type { CrashRoom, Load } from './crashRoom.js';
import { judgeFlow } from './judgeFlow.js';
import { waitingPortal } from './portals.js';

/** Two windows, of which the second is beyond the horizon: the workflow waits for it by itself. */
const COUNT = 8;
const RATE = { limit: 5, intervalMs: 3000 };
const ONE_PER_HOUR = { limit: 1, intervalMs: 3_600_000 };
const RAISED = { limit: COUNT, intervalMs: 2000 };
const STARTED_WITHIN_MS = 60_000;

interface Variation {
  readonly count?: number;
  /** Before HubSpot calls. */
  before?(stack: Stack, flow: Flow): Promise<unknown>;
  /** When it has called. */
  then?(stack: Stack, flow: Flow): Promise<unknown>;
}

/** A portal with one throttled step, through which executions pass. */
function released({ count = COUNT, before, then }: Variation = {}): Load['prepare'] {
  return async (stack) => {
    const flow = await oneLane(stack, RATE);
    return {
      async begin() {
        await before?.(stack, flow);
        await stack.sandbox.enrol(flow.portalId, flow.workflowId, { count });
        await then?.(stack, flow);
      },
      ended: async () => (await completedOf(stack, flow)) >= count,
      judge: (deathsMs) => judgeFlow(stack, { flow, ...RATE }, deathsMs),
    };
  };
}

/**
 * Executions that wait for hours behind a full window, until something is done: then all of them end. What is asked of
 * an API that dies is not asked again.
 */
function waiting(then: (stack: Stack, flow: Flow) => Promise<unknown>): Load['prepare'] {
  return async (stack) => {
    const flow = await oneLane(stack, ONE_PER_HOUR);
    const { portalId, workflowId } = flow;
    await stack.sandbox.enrol(portalId, workflowId, { count: COUNT });
    await until(
      'all but the first wait',
      async () => {
        const [lane] = await stack.api.lanes(portalId);
        return lane?.waiting === COUNT - 1 && lane.sending === 0;
      },
      STARTED_WITHIN_MS,
    );
    return {
      begin: () => then(stack, flow).then(nothing, nothing),
      ended: async () => (await completedOf(stack, flow)) >= COUNT,
      judge: (deathsMs) => judgeFlow(stack, { flow, limit: COUNT, intervalMs: RAISED.intervalMs }, deathsMs),
    };
  };
}

const nothing = (): void => undefined;

async function raise(stack: Stack, portalId: number): Promise<void> {
  const [lane] = await stack.api.lanes(portalId);
  await stack.api.changeLane(lane?.id ?? '', { rate: RAISED });
}

/** As a change of the rate would, whose process has planned the lane and has woken nobody. */
async function comeNearer({ pool }: Stack, { portalId }: Flow): Promise<void> {
  await pool.query('UPDATE lanes SET rate_limit = $2, rate_interval_ms = $3 WHERE portal_id = $1', [
    ...[portalId, RAISED.limit, RAISED.intervalMs],
  ]);
  await pool.query('UPDATE executions SET planned_at = clock_timestamp() WHERE portal_id = $1', [portalId]);
  await pool.query('UPDATE packs SET due_at = clock_timestamp() WHERE portal_id = $1 AND done_at IS NULL', [
    portalId,
  ]);
}

/** What waits is let go out of turn. */
async function drain(stack: Stack, portalId: number): Promise<void> {
  const [lane] = await stack.api.lanes(portalId);
  await stack.api.must('POST', `/api/lanes/${lane?.id}/drain`, { as: 'released' });
}

/** One execution has made the lane; then its step asks for another rate than the one that was noted. */
const otherRate: Load['prepare'] = async (stack) => {
  const flow = await oneLane(stack, RATE);
  const { portalId, workflowId } = flow;
  await stack.sandbox.enrol(portalId, workflowId, { count: 1 });
  await untilCompleted(stack, flow, 1, STARTED_WITHIN_MS);
  return {
    async begin() {
      await stack.pool.query(
        'UPDATE lanes SET input_limit = 1, rate_limit = 1, input_interval_ms = 3600000, rate_interval_ms = 3600000 WHERE portal_id = $1',
        [portalId],
      );
      await stack.sandbox.enrol(portalId, workflowId, { count: COUNT });
    },
    ended: async () => (await completedOf(stack, flow)) > COUNT,
    judge: (deathsMs) => judgeFlow(stack, { flow, ...RATE }, deathsMs),
  };
};

/** All have ended, and it stands in no row that their workflow has seen it. */
const packLeft: Load['prepare'] = async (stack) => {
  const flow = await oneLane(stack, RATE);
  const { portalId, workflowId } = flow;
  await stack.sandbox.enrol(portalId, workflowId, { count: 1 });
  await untilCompleted(stack, flow, 1, STARTED_WITHIN_MS);
  const open = async () => {
    const { rows } = await stack.pool.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM packs WHERE portal_id = $1 AND done_at IS NULL',
      [portalId],
    );
    return rows[0]!.n;
  };
  await until('its workflow has ended', async () => (await open()) === 0, STARTED_WITHIN_MS);
  return {
    async begin() {
      await stack.pool.query('UPDATE packs SET done_at = NULL WHERE portal_id = $1', [portalId]);
    },
    ended: async () => (await open()) === 0,
    judge: (deathsMs) => judgeFlow(stack, { flow, ...RATE }, deathsMs),
  };
};

/** Its access was revoked while executions waited; a person installs the app anew. */
const comesBack: Load['prepare'] = async (stack) => {
  const flow = await installedLane(stack, RATE);
  const { portalId, workflowId } = flow;
  return {
    async begin() {
      await stack.pool.query(
        `UPDATE portals SET state = 'reauth_required', state_changed_at = clock_timestamp() WHERE portal_id = $1`,
        [portalId],
      );
      await stack.sandbox.enrol(portalId, workflowId, { count: COUNT });
      await until(
        'they wait',
        async () => ((await stack.api.lanes(portalId))[0]?.waiting ?? 0) === COUNT,
        STARTED_WITHIN_MS,
      );
      await installApp(stack, portalId);
    },
    ended: async () => (await completedOf(stack, flow)) >= COUNT,
    judge: (deathsMs) => judgeFlow(stack, { flow, ...RATE }, deathsMs),
  };
};

/** It is disconnected while executions wait: HubSpot is told of their end, as far as there is a token. */
function goes({ withToken }: { withToken: boolean }): Load['prepare'] {
  return async (stack) => {
    const flow = await waitingPortal(stack);
    const { portalId } = flow;
    return {
      async begin() {
        if (!withToken)
          await stack.pool.query(
            'UPDATE portals SET access_token = NULL, refresh_token = NULL, token_expires_at = NULL WHERE portal_id = $1',
            [portalId],
          );
        await stack.api.must('POST', '/api/integrations/hubspot/disconnect', { portalId });
      },
      ended: async () => (await portalRow(stack, portalId)).state === 'disconnected',
      async judge(deathsMs) {
        if (withToken)
          return judgeFlow(stack, { flow, limit: 1, intervalMs: ONE_PER_HOUR.intervalMs }, deathsMs);
        const { rows } = await stack.pool.query<{ states: string; waiting: number }>(
          `SELECT (SELECT string_agg(state, ' ' ORDER BY state) FROM execution_history WHERE portal_id = $1) AS states,
                  (SELECT count(*)::int FROM executions WHERE portal_id = $1) AS waiting`,
          [portalId],
        );
        const { states, waiting } = rows[0]!;
        const ok = waiting === 0 && states === 'cancelled cancelled completed';
        return { problems: ok ? [] : [`${waiting} wait, the others are ${states}`], figures: [] };
      },
    };
  };
}

/** The API dies between the commit of executions and the start of their workflows. */
async function intakeDies(stack: Stack): Promise<void> {
  const [api] = stack.apis;
  await api?.restart({ signal: 'SIGKILL', env: { CRASH_POINT: 'throttle.intake.committed' } });
}

async function intakeIsBack(stack: Stack): Promise<void> {
  const [api] = stack.apis;
  await api?.exited;
  await api?.restart({ env: { CRASH_POINT: '' } });
}

/** HubSpot's answer to the first completion of the portal. */
const answeredOnce =
  (status: number) =>
  (stack: Stack, { portalId }: Flow) =>
    stack.sandbox.fault({ target: 'callbacks', portalId, kind: 'status', status, count: 1 });

/** Somebody cancels in Temporal what waits there. */
async function cancelWorkflows(stack: Stack, { portalId }: Flow): Promise<void> {
  const { rows } = await until(
    'every execution has a workflow',
    async () => {
      const found = await stack.pool.query<{ id: string }>(
        `SELECT workflow_id AS id FROM packs WHERE portal_id = $1 AND started_at IS NOT NULL
            AND (SELECT count(*) FROM executions WHERE portal_id = $1 AND pack_id IS NOT NULL) = $2`,
        [portalId, COUNT],
      );
      return found.rows.length > 0 && found;
    },
    STARTED_WITHIN_MS,
  );
  for (const { id } of rows) await stack.temporal.workflow.getHandle(id).cancel();
}

export const throttle: CrashRoom = {
  name: 'throttle',
  loads: [
    {
      name: 'executions are taken in',
      process: 'api',
      reaches: [
        'throttle.intake.lane-made',
        'throttle.intake.committed',
        'throttle.starter.pack-taken',
        'throttle.starter.workflow-started',
        'throttle.starter.pack-noted',
      ],
      prepare: released(),
    },
    {
      name: 'executions are released',
      process: 'worker',
      reaches: [
        'throttle.release.claimed',
        'throttle.release.admitted',
        'throttle.release.call-answered',
        'throttle.release.answered',
        'throttle.release.settled',
        'throttle.release.put-off',
      ],
      prepare: released(),
    },
    {
      name: 'a workflow has nothing left to release',
      process: 'worker',
      reaches: ['throttle.release.finished'],
      prepare: released({ count: RATE.limit }),
    },
    {
      name: 'HubSpot refuses a batch (400)',
      process: 'worker',
      reaches: ['throttle.release.batch-refused'],
      prepare: released({ before: answeredOnce(400) }),
    },
    {
      name: 'HubSpot does not find a batch (404)',
      process: 'worker',
      reaches: ['throttle.release.asked-alone'],
      prepare: released({ before: answeredOnce(404) }),
    },
    {
      name: 'HubSpot has locked the portal (423)',
      process: 'worker',
      reaches: [
        'throttle.release.suspended',
        'throttle.probe.begun',
        'throttle.probe.admitted',
        'throttle.probe.ended',
      ],
      prepare: released({ before: answeredOnce(423) }),
    },
    {
      name: 'the process that took executions in has died',
      process: 'worker',
      reaches: ['throttle.sweep.pack-taken', 'throttle.sweep.workflow-started', 'throttle.sweep.pack-noted'],
      prepare: released({ before: intakeDies, then: intakeIsBack }),
    },
    {
      name: 'the rate of a lane is changed',
      process: 'api',
      reaches: [
        'throttle.control.committed',
        'throttle.replan.stretch-planned',
        'throttle.replan.packs-marked',
        'throttle.replan.woken',
        'throttle.replan.done',
      ],
      prepare: waiting((stack, { portalId }) => raise(stack, portalId)),
    },
    {
      name: 'a step asks for another rate',
      process: 'api',
      reaches: ['throttle.intake.rate-followed'],
      prepare: otherRate,
    },
    {
      name: 'a lane is drained',
      process: 'api',
      reaches: ['throttle.drain.batch-marked', 'throttle.replan.ending-woken'],
      prepare: waiting((stack, { portalId }) => drain(stack, portalId)),
    },
    {
      name: 'nobody has noted that a pack is done',
      process: 'worker',
      reaches: ['throttle.sweep.workflow-gone'],
      prepare: packLeft,
    },
    {
      name: 'the time of workflows came nearer, and nobody has woken them',
      process: 'worker',
      reaches: ['throttle.sweep.packs-marked', 'throttle.sweep.pack-woken'],
      prepare: waiting(comeNearer),
    },
    {
      name: 'lanes are tidied',
      process: 'worker',
      reaches: ['throttle.sweep.lanes-tidied'],
      prepare: released({ count: 1 }),
    },
    {
      name: 'a portal comes back',
      process: 'worker',
      reaches: ['throttle.resume.suspension-ended'],
      prepare: comesBack,
    },
    {
      name: 'a portal goes, and HubSpot can be told',
      process: 'worker',
      reaches: ['throttle.end.lane-marked'],
      prepare: goes({ withToken: true }),
    },
    {
      name: 'a portal goes without its token',
      process: 'worker',
      reaches: ['throttle.end.suspension-ended', 'throttle.end.lane-ended'],
      prepare: goes({ withToken: false }),
    },
    {
      name: 'the workflows are cancelled',
      process: 'worker',
      reaches: ['throttle.release.cancelled'],
      prepare: released({ then: cancelWorkflows }),
    },
  ],
};
