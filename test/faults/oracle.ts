import type { SandboxExecution } from '../support/sandboxClient.js';
import { until, type Flow, type Stack } from '../support/stack.js';

/*
 * The judge of a fault. It knows nothing of how the service works: it joins what the sandbox saw arrive with the rows
 * that are left and with what Temporal still runs.
 */

/** In the order in which they are printed. */
export type Figures = readonly (readonly [name: string, value: string | number])[];

export interface Verdict {
  readonly problems: readonly string[];
  readonly figures: Figures;
}

export interface Expectations {
  /** The window law of each flow: in any `intervalMs` at most `limit` first completions. */
  readonly windows: readonly { readonly flow: Flow; readonly limit: number; readonly intervalMs: number }[];
  /** Executions that HubSpot itself ended, by the fault. */
  readonly endedByHubSpot?: number;
  /** Completions whose answer nobody could have booked: each may be repeated, and the repeat changes nothing. */
  readonly ambiguous?: number;
  /** Somebody else spends the portal's limit: our own 429s are expected then. */
  readonly foreign?: boolean;
  readonly quietMs?: number;
}

/** One execution as HubSpot ended it. */
type Seen = SandboxExecution & { readonly portalId: number };

interface Row {
  readonly callbackId: string;
  readonly state: string | null;
  readonly ends: number;
  readonly waits: number;
}

const CALLS_PER_10S = 110;

export async function judge(stack: Stack, expected: Expectations): Promise<Verdict> {
  const problems: string[] = [];
  const check = (holds: boolean, words: string) => void (holds || problems.push(words));
  await quiescence(stack, expected.quietMs ?? 30_000, check);

  let lost = 0;
  let dup = 0;
  let repeats = 0;
  let refused = 0;
  let mostCalls = 0;
  let used = { most: 0, limit: 0 };
  for (const portalId of new Set(expected.windows.map(({ flow }) => flow.portalId))) {
    const { rows } = await stack.pool.query<Row>(JOIN, [portalId]);
    const seen = await seenByHubSpot(
      stack,
      rows.map(({ callbackId }) => callbackId),
    );
    const report = await stack.sandbox.report({ portalId });
    const { totals } = report;
    const portal = report.portals[0];
    refused += portal?.rejected429 ?? 0;
    mostCalls = Math.max(mostCalls, (portal?.maxCallsIn10s ?? 0) - (portal?.rejected429 ?? 0));

    // L1: what HubSpot was told to hold has a row, a terminal state, and came back to HubSpot.
    const acknowledged = totals.acknowledged + totals.answeredAtOnce;
    if (acknowledged > rows.length) lost += acknowledged - rows.length;
    for (const row of rows) {
      const { state } = seen.get(row.callbackId) ?? {};
      const returned = state === 'completed' || state === 'answered' || state === 'expired';
      if (row.ends === 0 || row.waits > 0 || !returned) lost += 1;
      // D1: one terminal state each; what HubSpot was told is what stands here.
      if (row.ends > 1) dup += 1;
      contradiction(row, seen.get(row.callbackId)).forEach((words) => check(false, words));
    }
    check(
      totals.expired <= (expected.endedByHubSpot ?? 0),
      `HubSpot gave up ${totals.expired} executions, ${expected.endedByHubSpot ?? 0} of them by the fault`,
    );
    dup += totals.contradicted;
    repeats += totals.completedTwice;

    // R2: first completions, by their arrival.
    for (const { flow, limit, intervalMs } of expected.windows.filter(
      (one) => one.flow.portalId === portalId,
    )) {
      const times = arrivals([...seen.values()].filter((one) => flow.actionIds.includes(one.actionId)));
      const most = maxInAnyWindow(times, intervalMs);
      check(
        most <= limit,
        `${most} completions of workflow ${flow.workflowId} in ${intervalMs} ms; ${limit} are allowed`,
      );
      if (most / limit >= used.most / Math.max(1, used.limit)) used = { most, limit };
    }
  }
  dup += Math.max(0, repeats - (expected.ambiguous ?? 0));
  check(lost === 0, `${lost} executions were lost`);
  check(dup === 0, `${dup} executions were ended more than once`);
  // R1: HubSpot's own limit, and its refusals.
  check(mostCalls <= CALLS_PER_10S, `${mostCalls} calls in 10 s`);
  check(expected.foreign === true || refused === 0, `${refused} calls were answered 429`);
  check(!/nondetermini|TMPRL1100/i.test(Object.values(stack.logs()).join('\n')), 'A workflow did not replay');
  return {
    problems,
    figures: [
      ['lost', lost],
      ['dup', dup],
      ...(repeats > 0 ? ([['repeats', repeats]] as const) : []),
      ['maxWindow', `${used.most}/${used.limit}`],
      ['429', refused],
    ],
  };
}

/** What a row says and what HubSpot saw must be one story. */
function contradiction(row: Row, seen: Seen | undefined): string[] {
  if (seen?.state !== 'completed' || row.state === null) return [];
  const told = seen.outputs?.['sluice_status'];
  const fits =
    told === undefined || // completed by somebody else
    row.state === told ||
    (row.state === 'completed' && told === 'released');
  return fits ? [] : [`${row.callbackId} stands as ${row.state}, but HubSpot was told ${told}`];
}

const JOIN = `
  SELECT k.callback_id AS "callbackId", max(h.state) AS state, count(h.id)::int AS ends,
         (SELECT count(*)::int FROM executions e WHERE e.portal_id = k.portal_id AND e.callback_id = k.callback_id) AS waits
    FROM execution_keys k
    LEFT JOIN execution_history h ON h.portal_id = k.portal_id AND h.callback_id = k.callback_id
   WHERE k.portal_id = $1
   GROUP BY k.portal_id, k.callback_id`;

const AT_ONCE = 16;

/** Each callback as the sandbox has it. */
export async function seenByHubSpot(
  stack: Stack,
  callbackIds: readonly string[],
): Promise<Map<string, Seen>> {
  const seen = new Map<string, Seen>();
  const left = [...callbackIds];
  const reader = async () => {
    for (let id = left.pop(); id !== undefined; id = left.pop()) {
      const portalId = Number(id.split('-')[1]);
      seen.set(id, { ...(await stack.sandbox.execution(id)), portalId });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, reader));
  return seen;
}

/** When first completions arrived that took a place in the window. */
export function arrivals(executions: readonly SandboxExecution[]): number[] {
  return executions
    .flatMap(({ outcome, completedMs, outputs }) =>
      outcome === 'SUCCESS' && completedMs !== null && outputs?.['sluice_status'] === 'released'
        ? [completedMs]
        : [],
    )
    .sort((a, b) => a - b);
}

/** When HubSpot saw the releases of a flow arrive. */
export async function timelineOf(stack: Stack, { portalId, actionIds }: Flow): Promise<number[]> {
  const { rows } = await stack.pool.query<{ id: string }>(
    'SELECT callback_id AS id FROM execution_keys WHERE portal_id = $1',
    [portalId],
  );
  const seen = await seenByHubSpot(
    stack,
    rows.map(({ id }) => id),
  );
  return arrivals([...seen.values()].filter(({ actionId }) => actionIds.includes(actionId)));
}

/** The most in any half-open window: the law allows the k-th at exactly one interval after the (k-N)-th. */
export function maxInAnyWindow(sorted: readonly number[], windowMs: number): number {
  let most = 0;
  let from = 0;
  sorted.forEach((at, index) => {
    while (sorted[from]! <= at - windowMs) from += 1;
    most = Math.max(most, index - from + 1);
  });
  return most;
}

/** The longest time without a release. */
export function longestGap(sorted: readonly number[]): number {
  return Math.max(0, ...sorted.map((at, index) => at - (sorted[index - 1] ?? at)));
}

/** Q1: nothing waits, nothing runs, nothing is held: no rows, no open grants, no workflows, no locks. */
async function quiescence(
  stack: Stack,
  deadlineMs: number,
  check: (holds: boolean, words: string) => void,
): Promise<void> {
  const left = async () => {
    const { rows } = await stack.pool.query<Record<string, number>>(LEFT);
    let workflows = 0;
    for await (const one of stack.temporal.workflow.list({
      query: `WorkflowType = 'throttle' AND ExecutionStatus = 'Running'`,
    })) {
      if (one.workflowId) workflows += 1;
    }
    return Object.entries({ ...rows[0], workflows }).filter(([, count]) => count > 0);
  };
  try {
    await until('the system is quiet', async () => (await left()).length === 0, deadlineMs, 250);
  } catch {
    const things = (await left()).map(([name, count]) => `${count} ${name}`).join(', ');
    check(things === '', `Not quiet after ${deadlineMs / 1000} s: ${things}`);
  }
}

const LEFT = `
  SELECT (SELECT count(*)::int FROM executions) AS "waiting executions",
         (SELECT count(*)::int FROM lane_grants WHERE answered_at IS NULL) AS "open grants",
         (SELECT count(*)::int FROM packs WHERE done_at IS NULL) AS "open packs",
         (SELECT count(*)::int FROM pg_locks WHERE NOT granted AND pid = ANY
           (SELECT pid FROM pg_stat_activity WHERE datname = current_database())) AS "lock waits",
         (SELECT count(*)::int FROM pg_stat_activity
           WHERE datname = current_database() AND state LIKE 'idle in transaction%'
             AND state_change < clock_timestamp() - interval '2 seconds') AS "idle transactions"`;
