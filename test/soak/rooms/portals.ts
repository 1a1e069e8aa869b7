import { judge } from '../../faults/oracle.js';
import { installedLane, portalRow } from '../../faults/installed.js';
import { installApp } from '../../support/installApp.js';
import { until, type Flow } from '../../support/stack.js';
import { pause } from '../everySecond.js';
import type { SoakRoom, Stage } from '../room.js';
import { progressOf, reinstallIfNeeded } from './throttle.js';

const RATE = { limit: 5, intervalMs: 2000 };
const PORTALS = 2;
const ENROLLED = 20;
/** So long a portal works before it is disconnected, and as long again before it is installed anew. */
const MAX_PHASE_MS = 8000;
const UNDER_WAY = 8 * 100;
const DRAINED_MS = 180_000;

/** Portals that are installed, work, are disconnected with executions waiting, and are installed again. */
export const portalsRoom: SoakRoom = {
  name: 'portals',

  async prepare(stage) {
    const { stack, random } = stage;
    const flows: Flow[] = [];
    for (let n = 0; n < PORTALS; n += 1) flows.push(await installedLane(stack, RATE));
    const ids = flows.map(({ portalId }) => portalId);
    let rounds = 0;
    return {
      async load(end) {
        const phases = flows.map(() => randomPhase(random));
        await Promise.all(
          flows.map((flow, n) => comeAndGo(stage, flow, phases[n]!, end, () => void (rounds += 1))),
        );
      },
      progress: () => progressOf(stage, ids),
      async drain() {
        for (const portalId of ids) {
          await untilState(stage, portalId, ['active', 'disconnected', 'reauth_required']);
          await reinstallIfNeeded(stage, portalId);
        }
        await until(
          'all executions have ended',
          async () => (await progressOf(stage, ids)).waiting === 0,
          DRAINED_MS,
          500,
        );
      },
      async judge({ disruptions }) {
        const windows = flows.map((flow) => ({ flow, ...RATE }));
        const { problems, figures } = await judge(stack, { windows, ambiguous: disruptions * UNDER_WAY });
        return { problems, figures: [...figures, ['disconnects', rounds]] };
      },
    };
  },
};

const randomPhase = (random: () => number) => 2000 + Math.floor(random() * (MAX_PHASE_MS - 2000));

async function comeAndGo(
  stage: Stage,
  { portalId, workflowId }: Flow,
  phaseMs: number,
  end: AbortSignal,
  gone: () => void,
): Promise<void> {
  const { stack, insist } = stage;
  while (!end.aborted) {
    await stack.sandbox.enrol(portalId, workflowId, { count: ENROLLED });
    await pause(phaseMs, end);
    if (end.aborted) return;
    await insist('the portal is disconnected', () => disconnect(stage, portalId));
    gone();
    await stack.sandbox.enrol(portalId, workflowId, { count: ENROLLED }); // HubSpot goes on calling
    await pause(phaseMs, end);
    await insist('the app is installed again', () => installApp(stack, portalId));
  }
}

/** Asks for it, again where nobody knows whether it was heard, and waits until it is done. */
async function disconnect(stage: Stage, portalId: number): Promise<void> {
  const { stack } = stage;
  if ((await portalRow(stack, portalId)).state === 'active')
    await stack.api.must('POST', '/api/integrations/hubspot/disconnect', { portalId });
  await untilState(stage, portalId, ['disconnected']);
}

async function untilState({ stack }: Stage, portalId: number, states: readonly string[]): Promise<void> {
  await until(
    `portal ${portalId} is ${states.join(' or ')}`,
    async () => states.includes((await portalRow(stack, portalId)).state),
    DRAINED_MS,
    250,
  );
}
