import { z } from 'zod';
import type { Operation } from '../../domain/outbox/operations.js';
import { readTime } from '../../domain/outbox/times.js';
import { recordsOf, textOf } from './delivery/answeredRecord.js';
import type { AnsweredRecord } from './delivery/answeredRecord.js';
import type { OutboxRequest } from './delivery/outboxRequest.js';
import { values } from './delivery/requestBuilders.js';
import { ISO_TIME, plainValue } from './delivery/sameValue.js';

/*
 * A create whose answer was lost, and whose object has no unique property of ours: is it there? HubSpot's search is
 * asked for records with the same values. It lags behind by seconds, at times minutes (docs/hubspot.md#search), so
 * "not there" counts only after a while.
 */

type RecordOperation = Extract<Operation, { op: 'record' }>;

/** How long after the create a search that finds nothing proves nothing. */
export const SEARCH_LAG_MS = 120_000;
/** HubSpot's clock and ours may differ by this. */
const CLOCKS_DIFFER_MS = 60_000;
const MAX_FILTERS = 5;
const LONGEST_FILTER = 200;

/** HubSpot searches for moments by their milliseconds. */
function inMs(value: string): string {
  const time = ISO_TIME.test(value) ? readTime(value, { zone: 'UTC' }) : undefined;
  return time?.ok ? String(time.ms) : value;
}

/**
 * Asks for records that could be the one. Properties that HubSpot changes (texts become HTML) are compared
 * afterwards.
 */
export function searchLostCreate({ objectType, properties }: RecordOperation): OutboxRequest {
  const sent = Object.entries(values(properties));
  const filters = sent
    .filter(([name, value]) => value !== '' && value.length <= LONGEST_FILTER && !HTML.test(name))
    .slice(0, MAX_FILTERS)
    .map(([propertyName, value]) => ({
      propertyName,
      operator: 'EQ' as const,
      value: inMs(value),
    }));
  return {
    resource: 'searchObjects',
    params: { objectType },
    body: {
      filterGroups: [{ filters }],
      properties: sent.map(([name]) => name),
      sorts: [{ propertyName: 'hs_object_id', direction: 'DESCENDING' }],
      limit: 100,
      after: '0',
    },
  };
}

export type LostCreate =
  | { readonly state: 'found'; readonly objectId: string }
  /** It may yet appear. */
  | { readonly state: 'wait'; readonly forMs: number }
  /** The answer does not show all that it counts, or has no list. */
  | { readonly state: 'unclear' }
  | { readonly state: 'absent' };

/**
 * What the answer of that search says. `taken`: records that the ledger has for other effects; two events can have
 * the same text. `nowMs` and `sentMsAgo` are the database's.
 */
export function classifySearch(
  { properties }: RecordOperation,
  body: unknown,
  { sentMsAgo, nowMs, taken }: { sentMsAgo: number; nowMs: number; taken: ReadonlySet<string> },
): LostCreate {
  const earliestMs = nowMs - sentMsAgo - CLOCKS_DIFFER_MS;
  const sent = Object.entries(values(properties)).filter(([, value]) => value !== '');
  const match = recordsOf(body)
    .filter((record) => !taken.has(record.id) && createdMs(record) >= earliestMs)
    .filter((record) =>
      sent.every(([name, value]) => plainValue(textOf(record, name) ?? '') === plainValue(value)),
    )
    .sort((a, b) => createdMs(a) - createdMs(b))[0];
  if (match) return { state: 'found', objectId: match.id };
  if (sentMsAgo < SEARCH_LAG_MS) return { state: 'wait', forMs: SEARCH_LAG_MS - sentMsAgo };
  return showsAllSince(body, earliestMs) ? { state: 'absent' } : { state: 'unclear' };
}

const Page = z.object({ results: z.array(z.unknown()), total: z.number().optional().catch(undefined) });

/** Whether a search, newest first, shows everything that can be the one. */
function showsAllSince(body: unknown, earliestMs: number): boolean {
  const page = Page.safeParse(body);
  if (!page.success) return false;
  const records = recordsOf(body);
  if ((page.data.total ?? 0) <= records.length) return true;
  return records.some((record) => createdMs(record) < earliestMs);
}

const HTML = /(_body|content|description)$/;

function createdMs({ createdAt }: AnsweredRecord): number {
  const ms = createdAt === undefined ? Number.NaN : Date.parse(createdAt);
  // Without a time it cannot be told from an older one: it is taken for ours, because a second one would be worse.
  return Number.isNaN(ms) ? Number.POSITIVE_INFINITY : ms;
}
