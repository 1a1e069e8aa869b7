import type pg from 'pg';
import { z } from 'zod';
import {
  differences,
  lastReadBefore,
  liveBetween,
  makeOlder,
  tooNewAmong,
  type Differences,
} from '../../../db/sync/audit.js';
import { beginVanished, settledUntil, tellVanished, type ArchivedRecord } from '../../../db/sync/deletes.js';
import { writePassRecords } from '../../../db/sync/passRecords.js';
import type { SyncedObject } from '../../../db/sync/reader.js';
import { forWorkspace } from '../../../db/tenant.js';
import {
  mergedInto,
  mirrored,
  type MirroredRecord,
  type SeenRecord,
} from '../../../domain/crm/mirroredRecord.js';
import { areAscending } from '../../../domain/sync/idRanges.js';
import { passOn, repetitionSchema } from '../../../domain/hubspot/repetition.js';
import { crashPoint } from '../../../platform/crashPoint.js';
import { NOTHING_BECAME, whatBecameOf, type BecameOf } from '../deletes/whatBecameOf.js';
import { writeGoneInPass } from '../deletes/writeGone.js';
import { SyncRefused } from '../syncRefused.js';
import type { PassContext, PassStep, SyncPass } from './syncPass.js';

const WEEK_MS = 7 * 86_400_000;
/** So many records that the list leaves out are asked for in a step. */
const MOST_ABSENT = 100;
const MOST_BARREN = 100;
/** HubSpot may show a new record late: what it shows nowhere is gone where the mirror has read it so long ago. */
const SURELY_SHOWN_MS = 86_400_000;
const HIGHEST_ID = String(2n ** 63n - 1n);

const cursorSchema = z.object({
  version: z.literal(1),
  /** Where HubSpot's next page begins. Absent: at the first record. */
  after: z.string().optional(),
  /** Up to this id the mirror was compared with the list. */
  comparedTo: z.string(),
  /** The highest id of the pages before. */
  listedTo: z.string().optional(),
  /** Ids do not ascend from page to page: what the list leaves out is looked for when it is through. */
  unordered: z.literal(true).optional(),
  /** The list is through: live records of the mirror after this id are still to be asked for. */
  behind: z.string().optional(),
  /** Empty pages in a row. */
  barren: z.number().int(),
  repetition: repetitionSchema.optional(),
});
type Cursor = z.output<typeof cursorSchema>;
const BEGINNING: Cursor = { version: 1, comparedTo: '0', barren: 0 };

/**
 * Compares the mirror with the list of all records, page by page: what the mirror lacks, has other values of, or has
 * though HubSpot does not, is counted (`missing`, `differing`, `ghosts`) and repaired. What was changed after the
 * mirror was fresh last is no fault of the mirror's, and is not counted. That a list leaves a record out proves
 * nothing: it is read with others of its like, and of what is not there HubSpot is asked what became of it. Where the
 * list does not go by ids, all records of the mirror are read so when it is through. A record that the mirror has with
 * a time of change that HubSpot does not know is read by its id, and is as that read shows it.
 */
export const auditPass: SyncPass<Cursor> = {
  name: 'audit',
  everyMs: WEEK_MS,
  cursor: cursorSchema,
  step: (context, stored) =>
    stored?.behind === undefined
      ? comparePage(context, stored)
      : lookForGhosts(context, { ...stored, behind: stored.behind }),
};

async function comparePage(context: PassContext, stored: Cursor | null): Promise<PassStep<Cursor>> {
  const { reader, clock, hubspot } = context;
  const cursor = stored ?? BEGINNING;
  const db = forWorkspace(context.pool, reader.workspaceId);
  const properties = await context.properties();
  const readAt = new Date(clock.nowMs());
  const fresh = (await settledUntil(db, reader)) ?? new Date(0);
  const { records, ids, next } = await hubspot.listPage(properties, cursor.after);
  crashPoint('sync.audit.page-read');
  const barren = records.length === 0 ? cursor.barren + 1 : 0;
  const repetition = next === undefined ? undefined : passOn(cursor.repetition, next);
  if (next !== undefined && (next === cursor.after || repetition === 'repeated' || barren > MOST_BARREN))
    throw new SyncRefused('HubSpot named a next page that leads back: the audit is begun anew later', {
      errorClass: 'stuck',
    });

  const listed = records.map(mirrored);
  const tooNew = await readTooNew(context, listed, readAt, properties);
  let different: Differences = { missing: new Set(), differing: new Set() };
  const isUnordered = cursor.unordered ?? !goOn(cursor.listedTo, ids);
  const upTo = next === undefined ? HIGHEST_ID : highestOf(ids, cursor.comparedTo);
  const absent = isUnordered
    ? []
    : await liveBetween(db, reader, {
        ...{ after: cursor.comparedTo, upTo, limit: MOST_ABSENT },
        without: records.map(({ id }) => id),
      });
  const became = await whatIsThere(context, absent, { readAt, fresh });
  let repaired: readonly SeenRecord[] = [];
  const isOld = ({ modifiedAt }: SeenRecord) => new Date(modifiedAt) <= fresh;
  const old = new Set(records.filter(isOld).map(({ id }) => id));
  const counted = (those: ReadonlySet<string>) => [...those].filter((id) => old.has(id)).length;
  // Where more is absent than was asked for, this page is compared once more from there on.
  const isCompared = absent.length < MOST_ABSENT;
  const isThrough = isCompared && next === undefined;
  const on: Cursor = isCompared
    ? {
        ...{ version: 1, after: next, barren, comparedTo: upTo },
        ...(repetition !== 'repeated' && { repetition }),
        ...(isUnordered ? { unordered: true } : { listedTo: highestOf(ids, cursor.listedTo ?? '0') }),
      }
    : { ...cursor, comparedTo: absent.at(-1) ?? cursor.comparedTo };
  return {
    cursor: !isThrough ? on : isUnordered ? { ...BEGINNING, behind: '0' } : null,
    isThrough: isThrough && !isUnordered,
    seen: isCompared ? records.length : 0,
    isWide: true,
    // Compared in the transaction that repairs: what was erased is not missing, and its tombstone says so there.
    async found(client) {
      if (stored === null) await beginVanished(client, reader);
      const made = new Set(await makeOlder(client, reader, tooNew.map(mirrored), readAt));
      different = await differences(client, reader, listed);
      repaired = tooNew.filter(({ id }) => made.has(id));
      return {
        missing: counted(different.missing),
        differing: counted(different.differing),
        ghosts: ghostsOf(became, fresh),
      };
    },
    async write(client) {
      const direct = new Set(repaired.map(({ id }) => id));
      const isOther = ({ id }: SeenRecord) =>
        !direct.has(id) && (different.missing.has(id) || different.differing.has(id));
      return repair(
        client,
        reader,
        { ...became, seen: [...records.filter(isOther), ...repaired, ...became.seen] },
        readAt,
      );
    },
  };
}

/**
 * The records of a page that the mirror has with a time of change which is later than the list says, as a read of their
 * ids shows them. HubSpot has not taken back a change: that time was wrong, or of a clock that was ahead.
 */
async function readTooNew(
  { reader, pool, hubspot }: PassContext,
  listed: readonly MirroredRecord[],
  readAt: Date,
  properties: readonly string[],
): Promise<readonly SeenRecord[]> {
  const db = forWorkspace(pool, reader.workspaceId);
  const ids = await tooNewAmong(db, reader, listed, readAt);
  if (ids.length === 0) return [];
  const read = await hubspot.readNow(ids, properties);
  return read.filter(({ id }) => ids.includes(id));
}

/** Of a list without an order: the next live records of the mirror, a batch read of them. */
async function lookForGhosts(
  context: PassContext,
  cursor: Cursor & { readonly behind: string },
): Promise<PassStep<Cursor>> {
  const { reader, clock } = context;
  const db = forWorkspace(context.pool, reader.workspaceId);
  const readAt = new Date(clock.nowMs());
  const fresh = (await settledUntil(db, reader)) ?? new Date(0);
  const ids = await liveBetween(db, reader, {
    ...{ after: cursor.behind, upTo: HIGHEST_ID, limit: MOST_ABSENT, without: [] },
  });
  const became = await whatIsThere(context, ids, { readAt, fresh });
  const isThrough = ids.length < MOST_ABSENT;
  return {
    cursor: isThrough ? null : { ...cursor, behind: ids.at(-1) ?? cursor.behind },
    isThrough,
    seen: 0,
    isWide: true,
    found: () => Promise.resolve({ missing: 0, differing: 0, ghosts: ghostsOf(became, fresh) }),
    write: (client) => repair(client, reader, became, readAt),
  };
}

/** Those that a batch read shows, and what became of the others. */
async function whatIsThere(
  { reader, pool, hubspot, ...context }: PassContext,
  ids: readonly string[],
  { readAt, fresh }: { readonly readAt: Date; readonly fresh: Date },
): Promise<BecameOf & { readonly lastRead: readonly ArchivedRecord[] }> {
  if (ids.length === 0) return { ...NOTHING_BECAME, lastRead: [] };
  const db = forWorkspace(pool, reader.workspaceId);
  const properties = await context.properties();
  const there = await hubspot.readNow(ids, properties);
  const explained = new Set(there.flatMap((one) => [one.id, ...mergedInto(one)]));
  const became = await whatBecameOf(
    hubspot,
    ids.filter((id) => !explained.has(id)),
    {
      ...{ properties, settledUntil: fresh, readAt },
      room: await context.errorRoom(),
    },
  );
  const lastRead = await lastReadBefore(
    db,
    reader,
    became.vanished,
    new Date(readAt.getTime() - SURELY_SHOWN_MS),
  );
  return { ...became, seen: [...there, ...became.seen], lastRead };
}

const ghostsOf = (
  { archived, lastRead }: BecameOf & { readonly lastRead: readonly ArchivedRecord[] },
  fresh: Date,
): number => archived.filter(({ archivedAt }) => archivedAt <= fresh).length + lastRead.length;

/** Returns how many records that changed. */
async function repair(
  client: pg.PoolClient,
  object: SyncedObject,
  became: BecameOf & { readonly lastRead: readonly ArchivedRecord[] },
  readAt: Date,
): Promise<number> {
  const read = { readAt, source: 'audit' };
  const gone = await writeGoneInPass(client, object, became, read);
  const vanished = await tellVanished(client, object, { archived: became.lastRead, ...read });
  const { seen } = became;
  return (
    gone + vanished + (seen.length === 0 ? 0 : await writePassRecords(client, object, { seen, ...read }))
  );
}

/** Whether a page's ids ascend, and lie behind those of the pages before. */
const goOn = (listedTo = '0', ids: readonly string[]): boolean =>
  areAscending(ids) && (ids[0] === undefined || BigInt(ids[0]) > BigInt(listedTo));

/** A page brings the comparison no further than the highest id of it. */
function highestOf(ids: readonly string[], atLeast: string): string {
  return ids.reduce((most, id) => (BigInt(id) > BigInt(most) ? id : most), atLeast);
}
