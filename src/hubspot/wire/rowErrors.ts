import { clip, isRecord, parseJson, records, text, texts, unique } from './json.js';
import type { RowError } from './outcomes.js';

/*
 * What an answer to a batch has against its rows. HubSpot reports the same in several ways, under 207 and under 200
 * (docs/hubspot.md#batch-endpoints).
 */

/**
 * The errors of an answer, whatever its status. One that names no row stands for what the answer says without a
 * list: that it has errors, that the batch is not complete, or that it is a refusal. Then only what it shows is done.
 */
export function rowErrors(answer: Record<string, unknown>): RowError[] {
  const listed = records(answer['errors']).map(rowError);
  const count = Number(answer['numErrors'] ?? 0);
  const named = listed.reduce((sum, { ids }) => sum + Math.max(1, ids.length), 0);
  if (count > named) listed.push({ message: `HubSpot counts ${count} errors and lists ${named}`, ids: [] });
  if (listed.length > 0) return listed;
  const status = text(answer['status']);
  if (status === undefined || status.toUpperCase() === 'COMPLETE') return [];
  // The `status` of other answers is their own: only a batch and a refusal say what is meant here.
  if (!('results' in answer) && !BATCH_STATUSES.includes(status.toUpperCase())) return [];
  return [{ message: `HubSpot calls the batch ${clip(status)}`, ids: [] }];
}

const BATCH_STATUSES = ['PENDING', 'PROCESSING', 'CANCELED', 'CANCELLED', 'ERROR', 'FAILED'];

function rowError(error: Record<string, unknown>): RowError {
  const category = text(error['category']);
  const context = isRecord(error['context']) ? error['context'] : {};
  const traces = texts(context['objectWriteTraceId']);
  const properties = namedProperties(error);
  const code = embeddedErrors(error)[0]?.code;
  const message = text(error['message']) ?? '';
  const existingId = existingIdIn(message);
  return {
    message: clip(message),
    ids:
      traces.length > 0
        ? traces
        : unique(['ids', 'id', 'uuid', 'fromObjectId'].flatMap((name) => texts(context[name]))),
    ...(category === undefined ? {} : { category }),
    ...(properties.length === 0 ? {} : { properties }),
    ...(code === undefined ? {} : { code }),
    ...(existingId === undefined ? {} : { existingId }),
  };
}

/**
 * Names of the properties that HubSpot objects to: in `errors`, or as JSON inside the message of a VALIDATION_ERROR.
 */
export function namedProperties(problem: Record<string, unknown>): string[] {
  const errors = [...records(problem['errors']), ...embeddedErrors(problem).map(({ entry }) => entry)];
  return unique(
    errors.flatMap((error) => {
      const context = isRecord(error['context']) ? error['context'] : {};
      const named = texts(context['propertyName']);
      return named.length > 0
        ? named
        : [text(error['in']) ?? text(error['name'])].filter((name) => name !== undefined);
    }),
  );
}

/** The JSON inside the message of a VALIDATION_ERROR. */
export function embeddedErrors(
  problem: Record<string, unknown>,
): { readonly entry: Record<string, unknown>; readonly code: string | undefined }[] {
  const message = text(problem['message']) ?? '';
  const all = records(parseJson(/\[\s*\{.*\}\s*\]/s.exec(message)?.[0]));
  return all.map((entry) => ({ entry, code: text(entry['error']) }));
}

/**
 * The record that stands in the way of a write, which HubSpot names in its words alone. Whose record it is has to be
 * looked up: the words are no more than a hint where to look.
 */
export function existingIdIn(message: string | undefined): string | undefined {
  return (
    /Existing ID: (\d{1,20})\b/.exec(message ?? '')?.[1] ??
    /\b(\d{1,20}) already has that value/.exec(message ?? '')?.[1]
  );
}
