import { installApp } from '../support/installApp.js';
import { until, type Flow, type Stack } from '../support/stack.js';
import { untilCompleted, verdictOf, type Fault } from './fault.js';
import {
  installedLane,
  portalRow,
  reauthNotices,
  tokenCalls,
  tokenProblems,
  untilState,
} from './installed.js';

const RATE = { limit: 50, intervalMs: 1000 };
const TODAY = 40;
const AFTER = 100;
/** One of today, one after the restore. */
const MAX_REFRESHES = 2;

interface Trial {
  readonly name: string;
  /** HubSpot has rotated the refresh token since. */
  readonly rotate: boolean;
}

const TRIALS: readonly Trial[] = [
  { name: 'HubSpot still takes the refresh token of yesterday', rotate: false },
  { name: 'HubSpot takes only the refresh token of today', rotate: true },
];

export const databaseRestored: Fault = {
  id: 'F52',
  title: 'the database is restored: portals have the tokens of yesterday',
  async run({ stack: createStack, say }) {
    const stack = await createStack();
    const problems: string[] = [];
    const flows: Flow[] = [];
    let refreshes = 0;
    for (const trial of TRIALS) {
      const { flow, found, calls } = await restored(stack, trial);
      flows.push(flow);
      problems.push(...found.map((words) => `${trial.name}: ${words}`));
      refreshes = Math.max(refreshes, calls);
      say(`${trial.name}: ${calls} refreshes in all`);
    }
    return verdictOf(
      stack,
      { windows: flows.map((flow) => ({ flow, ...RATE })) },
      { problems, figures: [['refreshes', refreshes]] },
    );
  },
};

async function restored(stack: Stack, { rotate }: Trial) {
  await stack.sandbox.settings({ rotateRefreshTokens: rotate, rotationInvalidatesOldAfterMs: 0 });
  const flow = await installedLane(stack, RATE);
  const { portalId, workflowId } = flow;
  await stack.pool.query('CREATE TABLE yesterday AS SELECT * FROM portals WHERE portal_id = $1', [portalId]);
  await stack.pool.query(`UPDATE portals SET token_expires_at = clock_timestamp() WHERE portal_id = $1`, [
    portalId,
  ]);
  await stack.workers[0]!.restart(); // what it has in memory is of before
  await stack.sandbox.enrol(portalId, workflowId, { count: TODAY });
  await untilCompleted(stack, flow, TODAY, 60_000);
  await until('its token is another', async () => (await portalRow(stack, portalId)).version === 2, 15_000);

  await Promise.all([...stack.workers, ...stack.apis].map((one) => one.kill('SIGTERM')));
  await stack.pool.query(
    `UPDATE portals p SET access_token = y.access_token, refresh_token = y.refresh_token, token_version = y.token_version,
            token_expires_at = clock_timestamp() - interval '23 hours', refreshed_at = clock_timestamp() - interval '1 day'
       FROM yesterday y WHERE p.portal_id = y.portal_id`,
  );
  await stack.pool.query('DROP TABLE yesterday');
  for (const one of [...stack.workers, ...stack.apis]) await one.restart();
  await stack.sandbox.enrol(portalId, workflowId, { count: AFTER });
  const found: string[] = [];
  if (rotate) {
    const { stateReason } = await untilState(stack, portalId, 'reauth_required', 60_000);
    if (!stateReason?.includes('BAD_REFRESH_TOKEN')) found.push(`its reason is ${stateReason}`);
    if ((await reauthNotices(stack, portalId)) !== 1) found.push('its workspace was not told once');
    await installApp(stack, portalId);
  }
  await untilCompleted(stack, flow, TODAY + AFTER, 60_000);
  const { refreshes, dead } = await tokenCalls(stack, portalId);
  if (refreshes > MAX_REFRESHES) found.push(`${refreshes} refreshes`);
  if (dead > 0) found.push(`${dead} calls came with a dead token`);
  found.push(...(await tokenProblems(stack, portalId)));
  return { flow, found, calls: refreshes };
}
