import { judge, seenByHubSpot, type Expectations, type Verdict } from '../faults/oracle.js';
import type { Stack } from '../support/stack.js';

/** Longer than a call of completions and its booking take. */
const BOOKED_WITHIN_MS = 10_000;

/**
 * As the judge of faults does. A completion may be repeated where a process died between its answer and the booking,
 * and for no other reason.
 */
export async function judgeFlow(
  stack: Stack,
  window: Expectations['windows'][number],
  deathsMs: readonly number[],
): Promise<Verdict> {
  const { rows } = await stack.pool.query<{ id: string }>(
    'SELECT callback_id AS id FROM execution_keys WHERE portal_id = $1',
    [window.flow.portalId],
  );
  const ids = rows.map(({ id }) => id);
  const seen = [...(await seenByHubSpot(stack, ids)).values()];
  const ambiguous = seen.filter(
    ({ completedMs, repeatedMs }) =>
      completedMs !== null &&
      repeatedMs !== null &&
      deathsMs.some((at) => at >= completedMs && at <= repeatedMs && at - completedMs < BOOKED_WITHIN_MS),
  );
  return judge(stack, { windows: [window], ambiguous: ambiguous.length });
}
