import { z } from 'zod';
import { differences, liveBetween, type Differences } from '../../../db/sync/audit.js';
import { settledUntil } from '../../../db/sync/deletes.js';
import { writePassRecords } from '../../../db/sync/passRecords.js';
import { forWorkspace } from '../../../db/tenant.js';
import { mirrored, type SeenRecord } from '../../../domain/crm/mirroredRecord.js';
import { crashPoint } from '../../../platform/crashPoint.js';
import { whatBecameOf } from '../deletes/whatBecameOf.js';
import { writeGoneInPass } from '../deletes/writeGone.js';
import { SyncRefused } from '../syncRefused.js';
import type { SyncPass } from './syncPass.js';

const WEEK_MS = 7 * 86_400_000;
/** So many records that the list leaves out are asked for in a step. */
const MOST_ABSENT = 100;
const MOST_BARREN = 100;
const HIGHEST_ID = String(2n ** 63n - 1n);

const cursorSchema = z.object({
  version: z.literal(1),
  /** Where HubSpot's next page begins. Absent: at the first record. */
  after: z.string().optional(),
  /** Up to this id the mirror was compared with the list. */
  comparedTo: z.string(),
  /** Empty pages in a row. */
  barren: z.number().int(),
});
type Cursor = z.output<typeof cursorSchema>;

/**
 * Compares the mirror with the list of all records, page by page: what the mirror lacks, has other values of, or has
 * though HubSpot does not, is counted (`missing`, `differing`, `ghosts`) and repaired. What was changed after the
 * mirror was fresh last is no fault of the mirror's, and is not counted. That a list leaves a record out proves
 * nothing: HubSpot is asked what became of it.
 */
export const auditPass: SyncPass<Cursor> = {
  name: 'audit',
  everyMs: WEEK_MS,
  cursor: cursorSchema,

  async step(context, stored) {
    const { reader, pool, clock, hubspot } = context;
    const cursor = stored ?? { version: 1, comparedTo: '0', barren: 0 };
    const db = forWorkspace(pool, reader.workspaceId);
    const properties = await context.properties();
    const readAt = new Date(clock.nowMs());
    const fresh = (await settledUntil(db, reader)) ?? new Date(0);
    const { records, next } = await hubspot.listPage(properties, cursor.after);
    crashPoint('sync.audit.page-read');
    const barren = records.length === 0 ? cursor.barren + 1 : 0;
    if (next !== undefined && (next === cursor.after || barren > MOST_BARREN))
      throw new SyncRefused('HubSpot named a next page that leads back: the audit is begun anew later', {
        errorClass: 'stuck',
      });

    const listed = records.map(mirrored);
    let different: Differences = { missing: new Set(), differing: new Set() };
    const upTo = next === undefined ? HIGHEST_ID : highestOf(records, cursor.comparedTo);
    const absent = await liveBetween(db, reader, {
      ...{ after: cursor.comparedTo, upTo, limit: MOST_ABSENT },
      without: records.map(({ id }) => id),
    });
    const became = await whatBecameOf(hubspot, absent, { properties, settledUntil: fresh, readAt });
    const isOld = ({ modifiedAt }: SeenRecord) => new Date(modifiedAt) <= fresh;
    const old = new Set(records.filter(isOld).map(({ id }) => id));
    const counted = (ids: ReadonlySet<string>) => [...ids].filter((id) => old.has(id)).length;
    const read = { readAt, source: 'audit' };
    // Where more is absent than was asked for, this page is compared once more from there on.
    const isCompared = absent.length < MOST_ABSENT;
    return {
      cursor: isCompared
        ? next === undefined
          ? null
          : { version: 1, after: next, comparedTo: upTo, barren }
        : { ...cursor, version: 1, comparedTo: absent.at(-1) ?? cursor.comparedTo },
      isThrough: isCompared && next === undefined,
      seen: isCompared ? records.length : 0,
      isWide: true,
      // Compared in the transaction that repairs: what was erased is not missing, and its tombstone says so there.
      async found(client) {
        different = await differences(client, reader, listed);
        return {
          missing: counted(different.missing),
          differing: counted(different.differing),
          ghosts: became.archived.filter(({ archivedAt }) => archivedAt <= fresh).length,
        };
      },
      async write(client) {
        const isOther = ({ id }: SeenRecord) => different.missing.has(id) || different.differing.has(id);
        const seen = [...records.filter(isOther), ...became.seen];
        const gone = await writeGoneInPass(client, reader, became, read);
        return gone + (seen.length === 0 ? 0 : await writePassRecords(client, reader, { seen, ...read }));
      },
    };
  },
};

/** Lists go by ids; a page that does not brings the comparison no further than the highest of it. */
function highestOf(records: readonly SeenRecord[], atLeast: string): string {
  return records.reduce((most, { id }) => (BigInt(id) > BigInt(most) ? id : most), atLeast);
}
