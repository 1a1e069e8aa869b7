import path from 'node:path';
import { installedLane } from '../faults/installed.js';
import type { Verdict } from '../faults/oracle.js';
import { ROOT } from '../support/process.js';
import { until, type Flow, type Stack } from '../support/stack.js';
import { asked } from './ask.js';
import type { CrashRoom, Load } from './crashRoom.js';

const COUNT = 4;
const WITHIN_MS = 30_000;

interface Row {
  readonly id: string;
  readonly state: string;
  readonly attempts: number;
  readonly doubts: number;
}

async function runsOf({ pool }: Stack, portalId: number): Promise<Row[]> {
  const { rows } = await pool.query<Row>(
    'SELECT id::text, state, attempts, doubts FROM action_runs WHERE portal_id = $1 ORDER BY id',
    [portalId],
  );
  return rows;
}

const greeting = (stack: Stack, portalId: number, name: string, action = 'greet') =>
  stack.addFlow(portalId, { action, steps: [{ inputFields: { name } }] });

/** How HubSpot's records have gone on. */
async function outcomesOf(stack: Stack, { portalId, workflowId }: Pick<Flow, 'portalId' | 'workflowId'>) {
  const { items } = await stack.sandbox.enrolments({ portalId, workflowId });
  return items.map(({ current }) => ({
    isOver: current?.state === 'completed' || current?.state === 'answered',
    state: current?.outputs?.['hs_execution_state'],
  }));
}

async function judged(
  stack: Stack,
  portalId: number,
  count: number,
  states: readonly string[],
  deathsMs: readonly number[],
): Promise<Verdict> {
  const runs = await runsOf(stack, portalId);
  const others = runs.filter(({ state }) => !states.includes(state));
  const doubts = runs.reduce((sum, one) => sum + one.doubts, 0);
  const problems = others.map(({ id, state }) => `Run ${id} is ${state}`);
  if (runs.length !== count) problems.push(`${runs.length} runs in place of ${count}`);
  // A death leaves a run one effect at most of which nobody knows the end.
  for (const { id, doubts: its } of runs)
    if (its > deathsMs.length) problems.push(`Run ${id} has ${its} doubts of ${deathsMs.length} deaths`);
  return {
    problems,
    figures: [
      ['runs', runs.length],
      ['doubts', doubts],
    ],
  };
}

/** Records reach the action, and go on with what its handler gives: each once. */
const calledWith =
  (name: string, action?: string): Load['prepare'] =>
  async (stack) => {
    const portalId = await stack.connectPortal();
    const flow = await greeting(stack, portalId, name, action);
    let beganMs = Infinity;
    return {
      async begin() {
        beganMs = (await stack.sandbox.health()).nowMs;
        await stack.sandbox.enrol(portalId, flow.workflowId, { count: COUNT });
      },
      async ended() {
        const runs = await runsOf(stack, portalId);
        const gone = (await outcomesOf(stack, flow)).filter(({ isOver }) => isOver);
        return gone.length === COUNT && runs.every(({ state }) => state === 'completed');
      },
      judge(deathsMs) {
        const its = deathsMs.filter((at) => at >= beganMs);
        return judged(stack, portalId, COUNT, ['completed'], its);
      },
    };
  };

const called = calledWith('Ada');
/** Each is answered by what its handler gives. */
const answered = calledWith('Ada', 'welcome');
/** The first try of each fails, so that its pack lets go of it. */
const calledTwice = calledWith('twice');

/** A run that was tried. */
async function tried(stack: Stack, flow: Flow): Promise<string> {
  await stack.sandbox.enrol(flow.portalId, flow.workflowId, { count: 1 });
  let id: string | undefined;
  await until(
    'the run was tried',
    async () => {
      const { rows } = await stack.pool.query<{ id: string }>(
        'SELECT id::text FROM action_runs WHERE portal_id = $1 AND attempts > 0',
        [flow.portalId],
      );
      return (id = rows[0]?.id) !== undefined;
    },
    WITHIN_MS,
  );
  return id ?? '';
}

const stateIs = (stack: Stack, portalId: number, state: string) => async () =>
  (await runsOf(stack, portalId)).some((run) => run.state === state);

/** One that is tried again and again is cancelled. */
const cancelled: Load['prepare'] = async (stack) => {
  const portalId = await stack.connectPortal();
  const flow = await greeting(stack, portalId, 'never');
  const id = await tried(stack, flow);
  return {
    ...asked(() => stack.api.must('POST', `/api/actions/runs/${id}/cancel`), {
      stands: async () => !(await stateIs(stack, portalId, 'waiting')()),
      isDone: stateIs(stack, portalId, 'cancelled'),
    }),
    judge: (deathsMs) => judged(stack, portalId, 1, ['cancelled'], deathsMs),
  };
};

/** One that has failed is tried again. */
const retried: Load['prepare'] = async (stack) => {
  const portalId = await stack.connectPortal();
  const id = await tried(stack, await greeting(stack, portalId, 'nobody'));
  await until('the run has failed', stateIs(stack, portalId, 'failed'), WITHIN_MS);
  const isTriedAgain = async () =>
    (await runsOf(stack, portalId)).some(({ state, attempts }) => state === 'failed' && attempts > 1);
  return {
    ...asked(() => stack.api.must('POST', `/api/actions/runs/${id}/retry`), {
      stands: async () => !(await stateIs(stack, portalId, 'failed')()) || isTriedAgain(),
      isDone: isTriedAgain,
    }),
    judge: (deathsMs) => judged(stack, portalId, 1, ['failed'], deathsMs),
  };
};

/** One is looked for whose workflow may be missing. */
const swept: Load['prepare'] = async (stack) => {
  const portalId = await stack.connectPortal();
  const flow = await greeting(stack, portalId, 'never');
  const id = await tried(stack, flow);
  let isCancelled = false;
  return {
    async begin() {
      await stack.pool.query('UPDATE action_runs SET due_at = clock_timestamp() WHERE id = $1', [id]);
    },
    async afterDeath() {
      const answer = await stack.api.request('POST', `/api/actions/runs/${id}/cancel`);
      isCancelled = answer.status === 202;
    },
    ended: async () => isCancelled && (await stateIs(stack, portalId, 'cancelled')()),
    judge: (deathsMs) => judged(stack, portalId, 1, ['cancelled'], deathsMs),
  };
};

/** The portal is disconnected while a run is tried again and again. */
const disconnected: Load['prepare'] = async (stack) => {
  const { portalId } = await installedLane(stack, { limit: 1, intervalMs: 1000 });
  const flow = await greeting(stack, portalId, 'never');
  await tried(stack, flow);
  const portalIs = async (...states: readonly string[]) => {
    const { rows } = await stack.pool.query<{ state: string }>(
      'SELECT state FROM portals WHERE portal_id = $1',
      [portalId],
    );
    return states.includes(rows[0]?.state ?? '');
  };
  return {
    ...asked(
      () => stack.api.must('POST', '/api/integrations/hubspot/disconnect', { portalId, uninstall: true }),
      {
        stands: () => portalIs('disconnecting', 'disconnected'),
        isDone: () => portalIs('disconnected'),
      },
    ),
    judge: (deathsMs) => judged(stack, portalId, 1, ['cancelled'], deathsMs),
  };
};

export const actions: CrashRoom = {
  name: 'actions',
  env: { SLUICE_CONFIG: path.join(ROOT, 'test/crashpoints/sluice.config.ts') },
  loads: [
    {
      name: "an action of one's own is called",
      process: 'api',
      reaches: ['actions.intake.committed', 'actions.intake.starting', 'actions.intake.started'],
      prepare: called,
    },
    {
      name: 'one is called that answers inline',
      process: 'api',
      reaches: ['actions.inline.begun', 'actions.inline.ended'],
      prepare: answered,
    },
    {
      name: 'its handler runs, and HubSpot is told',
      process: 'worker',
      reaches: [
        'actions.run.claimed',
        'actions.effect.begun',
        'actions.effect.done',
        'actions.effect.kept',
        'actions.run.ran',
        'actions.run.stored',
        'actions.completion.begun',
        'actions.completion.told',
        'actions.completion.answered',
        'actions.run.ended',
      ],
      prepare: called,
    },
    {
      name: 'runs wait for their turn',
      process: 'worker',
      reaches: ['actions.lane.admitted'],
      prepare: calledWith('Ada', 'queued'),
    },
    {
      name: 'a run is to be tried again, by a workflow of its own',
      process: 'worker',
      reaches: ['actions.pack.left'],
      prepare: calledTwice,
    },
    { name: 'a run is cancelled', process: 'worker', reaches: ['actions.run.cancelled'], prepare: cancelled },
    {
      name: 'a run is cancelled, and its workflow is not told',
      process: 'api',
      reaches: ['actions.cancel.committed'],
      prepare: cancelled,
    },
    {
      name: 'a run that failed is tried again',
      process: 'api',
      reaches: ['actions.retry.committed'],
      prepare: retried,
    },
    { name: 'a run is looked for', process: 'worker', reaches: ['actions.sweep.due'], prepare: swept },
    {
      name: 'the portal of a run is disconnected',
      process: 'worker',
      reaches: ['actions.end.marked', 'actions.end.ended'],
      prepare: disconnected,
    },
  ],
};
