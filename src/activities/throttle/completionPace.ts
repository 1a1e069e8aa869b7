/** HubSpot documents no limit for a batch; 100 is known to work (docs/hubspot.md#callbacks). */
export const MAX_PER_CALL = 100;

/**
 * At most 8 completion calls a second and portal, and 4 unless calls are full: executions that come in between share a
 * call. Calls come out of the portal's budget (110 per 10 s), and a release costs little beside its call.
 */
const CALL_SPACING_MS = { afterFull: 125, otherwise: 250 };

/** The pace of completions to HubSpot: how long after a call with `rows` executions the portal's next one may go. */
export function callSpacingMs(rows: number): number {
  return CALL_SPACING_MS[rows >= MAX_PER_CALL ? 'afterFull' : 'otherwise'];
}
