import type { FormerRow } from '../../db/outbox/formerOutbox.js';
import { parseExactJson } from '../../domain/exactJson.js';
import { readTime } from '../../domain/outbox/times.js';
import { encodePayload, MAX_PAYLOAD_BYTES, TOO_LARGE } from '../../sdk/outbox/json.js';
import type { Registry } from '../../sdk/outbox/registry/registry.js';

/** A row as an event of the API. */
export interface FormerEvent {
  readonly type: string;
  readonly payload: unknown;
  /** Made of the row, so that it is captured once however often it is brought. */
  readonly key: string;
  readonly occurredAt?: string;
}

export interface RefusedRow {
  readonly id: string;
  readonly type: string | null;
  /** Of the row, and within its payload: `payload.email`. */
  readonly field: string;
  readonly message: string;
}

export type ReadRow =
  | { readonly ok: true; readonly event: FormerEvent }
  | { readonly ok: false; readonly refused: readonly RefusedRow[] };

const LONGEST_KEY = 200;

/** What a row of an earlier outbox is as an event, or what of it is refused: all that the API would refuse, too. */
export function readFormerRow(row: FormerRow, source: string, registry: Registry): ReadRow {
  const { id, type } = row;
  const refuse = (field: string, message: string): ReadRow => ({
    ok: false,
    refused: [{ id, type, field, message }],
  });
  const key = `${source}/${id}`;
  if (type === null) return refuse('event_type', 'is empty');
  if (row.payload === null) return refuse('payload', 'is empty');
  if (key.length > LONGEST_KEY) return refuse('id', `makes a key of more than ${LONGEST_KEY} characters`);
  if (/\p{Cc}/u.test(key)) return refuse('id', 'makes a key with control characters');
  if (row.createdAt !== null && !isTime(row.createdAt))
    return refuse('created_at', 'must be a time from 1970 to 9999');
  let payload: unknown;
  try {
    payload = parsed(row.payload);
  } catch {
    return refuse('payload', 'is not JSON');
  }
  const { problem } = encodePayload(payload);
  // Of an import nothing is kept of what is too large.
  if (problem === TOO_LARGE) return refuse('payload', `is larger than ${MAX_PAYLOAD_BYTES / 1024} KiB`);
  if (problem !== undefined) return refuse('payload', problem);
  const found = registry.check(type, undefined, payload);
  if (!found.ok) {
    if (!found.fields) return refuse('event_type', found.reason);
    const refused = found.fields.map(({ path, message }) => ({
      ...{ id, type, message },
      field: path === '' ? 'payload' : `payload.${path}`,
    }));
    return { ok: false, refused };
  }
  return { ok: true, event: { type, payload, key, ...(row.createdAt && { occurredAt: row.createdAt }) } };
}

/** As events have them in the API. */
function isTime(text: string): boolean {
  const read = readTime(text);
  return read.ok && read.ms >= 0;
}

/** A column of text may hold the JSON once more as text. */
function parsed(text: string): unknown {
  const once = parseExactJson(text);
  return typeof once === 'string' ? parseExactJson(once) : once;
}
