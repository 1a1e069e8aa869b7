import { judge } from '../../faults/oracle.js';
import { installedLane, portalRow } from '../../faults/installed.js';
import type { Rate } from '../../support/apiClient.js';
import { installApp } from '../../support/installApp.js';
import { until, type Flow } from '../../support/stack.js';
import { everySecond } from '../everySecond.js';
import type { SoakRoom, Stage } from '../room.js';

const RATES: readonly Rate[] = [
  { limit: 20, intervalMs: 2000 },
  { limit: 50, intervalMs: 5000 },
];
const PORTALS = { withFixedToken: 2, installed: 2 };
/** At most so many executions a second, in two lanes. */
const MAX_AT_ONCE = 12;
/** Completions that may be under way when a process or a server dies. */
const UNDER_WAY = 8 * 100;
const DRAINED_MS = 180_000;
const QUIET_MS = 90_000;

/** Throttled actions over several portals with several lanes; tokens that expire and are refreshed all the time. */
export const throttleRoom: SoakRoom = {
  name: 'throttle',
  env: { TOKEN_REFRESH_BEFORE_MS: '20000' },

  async prepare(stage) {
    const { stack, random } = stage;
    await stack.sandbox.settings({ tokenLifetimeSeconds: 60 });
    const flows: { flow: Flow; rate: Rate }[] = [];
    for (let n = 0; n < PORTALS.withFixedToken; n += 1) {
      const portalId = await stack.connectPortal();
      for (const rate of RATES)
        flows.push({ rate, flow: await stack.addFlow(portalId, { steps: [{ rate }] }) });
    }
    for (let n = 0; n < PORTALS.installed; n += 1) {
      const rate = RATES[n % RATES.length]!;
      flows.push({ rate, flow: await installedLane(stack, rate) });
    }
    const ids = [...new Set(flows.map(({ flow }) => flow.portalId))];
    return {
      portalIds: ids,
      installedIds: ids.slice(PORTALS.withFixedToken),
      load: (end) =>
        everySecond(end, async () => {
          for (let n = 0; n < 2; n += 1) {
            const { flow } = flows[Math.floor(random() * flows.length)]!;
            const count = 1 + Math.floor(random() * MAX_AT_ONCE);
            await stack.sandbox.enrol(flow.portalId, flow.workflowId, { count });
          }
        }),
      progress: () => progressOf(stage, ids),
      async drain() {
        for (const portalId of ids) await reinstallIfNeeded(stage, portalId);
        await until(
          'all executions have ended',
          async () => (await progressOf(stage, ids)).waiting === 0,
          DRAINED_MS,
          500,
        );
      },
      judge: ({ disruptions }) =>
        judge(stack, {
          windows: flows.map(({ flow, rate }) => ({ flow, ...rate })),
          ambiguous: disruptions * UNDER_WAY,
          quietMs: QUIET_MS,
        }),
    };
  },
};

/** Of executions, as HubSpot has them. */
export async function progressOf({ stack }: Stage, portalIds: readonly number[]) {
  let [done, all] = [0, 0];
  for (const portalId of portalIds) {
    const { totals } = await stack.sandbox.report({ portalId });
    const { total } = await stack.sandbox.enrolments({ portalId });
    done += totals.completed + totals.answeredAtOnce;
    all += total;
  }
  return { done, waiting: all - done };
}

/** As a person would whom the notice has reached. */
export async function reinstallIfNeeded({ stack, insist }: Stage, portalId: number): Promise<void> {
  const { state } = await insist('the portal can be looked at', () => portalRow(stack, portalId));
  if (state === 'reauth_required')
    await insist('the app is installed again', () => installApp(stack, portalId));
}
