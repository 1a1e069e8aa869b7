import { loadConfig } from '../../src/platform/config/config.js';
import { connectTemporal } from '../../src/temporal/connection.js';
import { readMark } from '../../src/temporal/installation/mark.js';
import { installApp } from '../support/installApp.js';
import { until, type Flow, type Stack } from '../support/stack.js';
import { copyPostgres, keepForJudges, migrateRestored, sayRestored } from './copies.js';
import { untilCompleted, verdictOf, type Fault } from './fault.js';
import {
  installedLane,
  portalRow,
  reauthNotices,
  tokenCalls,
  tokenProblems,
  untilState,
} from './installed.js';
import { judgeOutbox, outboxPlay, untilDelivered, type OutboxPlay } from './outbox.js';

const RATE = { limit: 50, intervalMs: 1000 };
const TODAY = 40;
const AFTER = 100;
/** One of today, one after the restore. */
const MAX_REFRESHES = 2;
/** Drivers, of five events each. */
const DRIVERS = 10;

interface Trial {
  readonly name: string;
  /** HubSpot has rotated the refresh token since. */
  readonly rotate: boolean;
  /** The operator says that it was restored (docs/operations.md); else the service finds out by itself. */
  readonly told: boolean;
}

const TRIALS: readonly Trial[] = [
  {
    name: 'HubSpot still takes the refresh token of yesterday, and nobody says that it was restored',
    rotate: false,
    told: false,
  },
  { name: 'HubSpot takes only the refresh token of today', rotate: true, told: true },
];

export const databaseRestored: Fault = {
  id: 'F52',
  title:
    'a snapshot of the disk is put back: portals have the tokens of yesterday, events and executions that have ended wait again',
  async run({ stack: createStack, say }) {
    const play = await outboxPlay(createStack, { keyed: true });
    const { stack } = play;
    const problems: string[] = [];
    const flows: Flow[] = [];
    let refreshes = 0;
    for (const trial of TRIALS) {
      const { flow, found, calls } = await restored(play, trial);
      flows.push(flow);
      problems.push(...found.map((words) => `${trial.name}: ${words}`));
      refreshes = Math.max(refreshes, calls);
      say(`${trial.name}: ${calls} refreshes in all`);
    }
    const { rows } = await stack.pool.query<{ id: string }>('SELECT id FROM installations');
    if (rows.length !== 1 + TRIALS.length)
      problems.push(`${rows.length} installations, where ${1 + TRIALS.length} were expected`);
    const events = await judgeOutbox(play);
    const executions = await verdictOf(
      stack,
      { windows: flows.map((flow) => ({ flow, ...RATE })), ambiguous: TRIALS.length * TODAY },
      { problems: [...problems, ...events.problems] },
    );
    return {
      problems: executions.problems,
      figures: [
        ...executions.figures,
        ['refreshes', refreshes],
        ...events.figures.map(([name, value]) => [`outbox_${name}`, value] as const),
      ],
    };
  },
};

async function restored(play: OutboxPlay, { rotate, told }: Trial) {
  const { stack } = play;
  const processes = [...stack.workers, ...stack.apis];
  await stack.sandbox.settings({ rotateRefreshTokens: rotate, rotationInvalidatesOldAfterMs: 0 });
  const flow = await installedLane(stack, RATE);
  const { portalId, workflowId } = flow;
  await play.capture(DRIVERS);
  await untilDelivered(play, 120_000);
  // What waits at the time of the backup, and is delivered and completed afterwards.
  await pauseDeliveries(play, true);
  await play.capture(DRIVERS);
  await until('its events are not in the inbox any more', () => inboxIsEmpty(stack), 15_000);
  const yesterday = await copyPostgres(stack);

  await expireToken(stack, portalId);
  await stack.workers[0]!.restart(); // what it has in memory is of before
  await pauseDeliveries(play, false);
  await stack.sandbox.enrol(portalId, workflowId, { count: TODAY });
  await play.capture(DRIVERS);
  await untilCompleted(stack, flow, TODAY, 60_000);
  await untilDelivered(play, 120_000);
  await until('its token is another', async () => (await portalRow(stack, portalId)).version === 2, 15_000);
  await until('Temporal has heard of the events', () => markReaches(stack), 60_000);

  await Promise.all(processes.map((one) => one.kill('SIGTERM')));
  const today = await keepForJudges(stack);
  await yesterday.putBack();
  await migrateRestored(stack);
  if (told) await sayRestored(stack);
  await expireToken(stack, portalId, '23 hours');
  for (const one of processes) await one.restart();
  await pauseDeliveries(play, false);
  await stack.sandbox.enrol(portalId, workflowId, { count: AFTER });
  await play.capture(DRIVERS);
  const found: string[] = [];
  if (rotate) {
    const { stateReason } = await untilState(stack, portalId, 'reauth_required', 60_000);
    if (!stateReason?.includes('BAD_REFRESH_TOKEN')) found.push(`its reason is ${stateReason}`);
    if ((await reauthNotices(stack, portalId)) !== 1) found.push('its workspace was not told once');
    await installApp(stack, portalId);
  }
  await untilCompleted(stack, flow, TODAY + AFTER, 60_000);
  await untilDelivered(play, 120_000);
  await today.putBack();
  const { refreshes, dead } = await tokenCalls(stack, portalId);
  if (refreshes > MAX_REFRESHES) found.push(`${refreshes} refreshes`);
  if (dead > 0) found.push(`${dead} calls came with a dead token`);
  found.push(...(await tokenProblems(stack, portalId)));
  return { flow, found, calls: refreshes };
}

async function expireToken({ pool }: Stack, portalId: number, ago = '0 seconds'): Promise<void> {
  await pool.query(
    `UPDATE portals SET token_expires_at = clock_timestamp() - $2::interval, refreshed_at = clock_timestamp() - $2::interval
      WHERE portal_id = $1`,
    [portalId, ago],
  );
}

async function pauseDeliveries({ stack, portalId }: OutboxPlay, paused: boolean): Promise<void> {
  await stack.api.must('POST', `/api/outbox/portals/${portalId}/${paused ? 'pause' : 'resume'}`, {});
}

async function inboxIsEmpty({ pool }: Stack): Promise<boolean> {
  return (await pool.query('SELECT FROM outbox_inbox')).rowCount === 0;
}

/** A snapshot is noticed by what Temporal knows of later events; it is told every quarter of a minute. */
async function markReaches({ pool, env }: Stack): Promise<boolean> {
  const { rows } = await pool.query<{ last: string }>('SELECT last_value AS last FROM outbox_event_ids');
  const temporal = connectTemporal(loadConfig(env));
  try {
    const mark = await readMark(temporal);
    return mark !== undefined && mark.lastEventId >= Number(rows[0]!.last);
  } finally {
    await temporal.close();
  }
}
