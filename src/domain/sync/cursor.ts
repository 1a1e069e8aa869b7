import { z } from 'zod';
import { repetitionSchema } from '../hubspot/repetition.js';

/*
 * How far a portal's records of one type are read. What is stored names its version: one that this code does not know
 * is no reason to begin anew unseen.
 */

const digits = z.string().regex(/^(0|[1-9]\d{0,18})$/);
const moment = z.number().int().nonnegative();

const stretchSchema = z.object({
  from: moment,
  to: moment,
  ids: z.object({ from: digits, to: digits }).optional(),
  after: z.string().optional(),
});

/** Of the first load, by lists, as it was before it read several ranges at a time. */
const firstLoadSchema = z.object({
  version: z.literal(1),
  kind: z.literal('load'),
  after: z.string().optional(),
  begunAt: moment.optional(),
});

/** Of the first load, by lists. */
const loadSchema = z.object({
  version: z.literal(2),
  kind: z.literal('load'),
  /** Where HubSpot's next page begins. Absent: at the first record. */
  after: z.string().optional(),
  /** When the load began, by HubSpot's clock: what is modified since is for the searches. */
  begunAt: moment.optional(),
  /** It is read in ranges of ids, of which these are left. */
  list: z
    .object({
      ranges: z.array(z.object({ at: digits, to: digits.optional() })).readonly(),
      highest: digits,
      spacing: z.number().positive(),
    })
    .optional(),
  /** It does not go by ids in their order: one page leads to the next. */
  unordered: z.literal(true).optional(),
  /** So many records a page, where more were too large an answer. */
  limit: z.number().int().positive().optional(),
});

const walkSchema = z.object({
  version: z.literal(1),
  stretches: z.array(stretchSchema).readonly(),
  barren: z.number().int(),
});

/** Records that somebody has asked to be read again, beside what changes. How far that is goes with each page. */
const resyncSchema = z.object({
  version: z.literal(1),
  what: z.discriminatedUnion('kind', [
    /** All, by lists. `after`: where HubSpot's next page begins. */
    z.object({
      kind: z.literal('all'),
      after: z.string().optional(),
      repetition: repetitionSchema.optional(),
    }),
    /** What was modified since then, by searches, of which `walk` is what is still to be searched. */
    z.object({
      kind: z.literal('since'),
      since: moment,
      to: moment.optional(),
      walk: walkSchema.optional(),
    }),
    /** Those that are left of what was named. */
    z.object({ kind: z.literal('ids'), ids: z.array(digits) }),
  ]),
  /** All by the database's clock. */
  askedAt: moment,
  endedAt: moment.optional(),
  /** Why it came to no end. */
  refused: z.string().optional(),
  read: z.number().int(),
  changed: z.number().int(),
  /** Of those that were named: HubSpot did not show them. */
  absent: z.number().int(),
  /** An estimate. Null: not known yet. */
  expected: z.number().int().nullable(),
});
export type Resync = z.output<typeof resyncSchema>;

/** Of what changes, by searches. */
export const followSchema = z.object({
  version: z.literal(1),
  kind: z.literal('follow'),
  /** What was modified before this moment of HubSpot's clock is in the mirror. */
  from: moment,
  /** What is still to be searched of a walk that was begun. */
  walk: walkSchema.optional(),
  /** A search has shown a known record by the time of its modification. Absent: that is to be tried yet. */
  isProved: z.literal(true).optional(),
  /** Until which moment the walk goes. Absent: until HubSpot's present, which its first page will say. */
  to: moment.optional(),
  resync: resyncSchema.optional(),
});

const cursorSchema = z.union([firstLoadSchema, loadSchema, followSchema]);
export type LoadCursor = z.output<typeof loadSchema>;
export type FollowCursor = z.output<typeof followSchema>;
export type SyncCursor = LoadCursor | FollowCursor;

/** A stored cursor; without one the first load begins. Throws where it is of a form that this code does not know. */
export function readCursor(stored: unknown): SyncCursor {
  if (stored === null || stored === undefined) return { version: 2, kind: 'load' };
  const cursor = cursorSchema.parse(stored);
  return cursor.kind === 'load' ? { ...cursor, version: 2 } : cursor;
}

/** The resync of a stored cursor, for whoever shows it. */
export function readResync(stored: unknown): Resync | undefined {
  return stored === null || stored === undefined ? undefined : resyncSchema.parse(stored);
}

/** What a resync was about, when it has ended: without its ids and places, which each page would write again. */
export function withoutPlaces(what: Resync['what']): Resync['what'] {
  switch (what.kind) {
    case 'all':
      return { kind: 'all' };
    case 'since':
      return { kind: 'since', since: what.since };
    case 'ids':
      return { kind: 'ids', ids: [] };
  }
}

/** Whether there is something left to be read again. */
export const isOpen = (resync: Resync | undefined): resync is Resync =>
  resync !== undefined && resync.endedAt === undefined;
