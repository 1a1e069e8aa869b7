import { json, type Answer } from '../platform/answer.js';
import { isRecord } from '../platform/isRecord.js';

/**
 * Successes that say less than they should, and answers that are not HubSpot's, as they were reported
 * (docs/hubspot.md#batch-endpoints).
 */
export const MISANSWERS = [
  /** `COMPLETE`, and no results. */
  'empty',
  /** The first result is left out without a word. */
  'short',
  /** Not done yet, or given up: no results. */
  'pending',
  'canceled',
  /** The errors of a 207 under 200. */
  'errorsAs200',
  /** `numErrors` without the list. */
  'errorsUnlisted',
  /** The first row is an error of the category that the plan names. */
  'rowError',
  /** JSON of somebody before HubSpot's API. */
  'foreign',
  /** A status, and no body. */
  'blank',
] as const;
export type Misanswer = (typeof MISANSWERS)[number];

interface Misanswered {
  readonly as: Misanswer;
  readonly status: number | undefined;
  readonly category: string | undefined;
}

/** The answer in place of `answer`, which tells what was done. */
export function misanswered(
  answer: Answer,
  { as, status = answer.status, category = 'INTERNAL_ERROR' }: Misanswered,
): Answer {
  if (as === 'foreign') return json(status, { message: 'no Route matched with those values' });
  if (as === 'blank') return { status, headers: {}, body: '' };
  const body = batchOf(answer);
  const { results, errors, numErrors: _, ...frame } = body;
  const success = status === 207 ? 200 : status;
  switch (as) {
    case 'empty':
      return json(success, { ...frame, status: 'COMPLETE', results: [] });
    case 'pending':
    case 'canceled':
      return json(success, { ...frame, status: as.toUpperCase(), results: [] });
    case 'short':
      return json(status, { ...body, results: results.slice(1) });
    case 'errorsAs200':
      return json(200, body);
    case 'errorsUnlisted':
      return json(success, { ...frame, results, numErrors: errors.length });
    case 'rowError': {
      const error = { status: 'error', category, message: 'internal error', context: contextOf(results[0]) };
      return json(207, { ...frame, results: results.slice(1), numErrors: 1, errors: [error] });
    }
  }
}

interface Batch {
  readonly results: readonly unknown[];
  readonly errors: readonly unknown[];
  readonly numErrors?: unknown;
}

function batchOf({ body }: Answer): Batch {
  const parsed: unknown = body === '' ? {} : JSON.parse(body);
  const { results, errors, ...frame } = isRecord(parsed) ? parsed : {};
  const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
  return { ...frame, results: list(results), errors: list(errors) };
}

/** HubSpot names rows by their ids; which input it was is left open. */
function contextOf(result: unknown): { ids?: string[] } {
  return isRecord(result) && typeof result['id'] === 'string' ? { ids: [result['id']] } : {};
}
