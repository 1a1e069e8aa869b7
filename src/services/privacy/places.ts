import type { PersonalData, PersonalRows } from '../../db/personalData.js';
import { sealedPage } from '../../db/privacy/personalRows.js';
import type { OneRecord } from '../../db/privacy/erasures.js';
import type { Queryable } from '../../db/pool.js';
import type { Sealing } from '../../secrets/sealing.js';

/** A place where data of a person may stand. */
export interface Place {
  /** `table/n`: it goes into the row of an erasure, which goes on there. */
  readonly name: string;
  readonly table: string;
  readonly rows: PersonalRows;
}

/** In the order in which they are walked. */
export function placesOf(data: PersonalData): readonly Place[] {
  return Object.entries(data).flatMap(([table, one]) =>
    'holds' in one ? one.holds.map((rows, n) => ({ name: `${table}/${n}`, table, rows })) : [],
  );
}

/** The rows of a page of which the sealed value names the record. */
export async function unsealedPage(
  { sealing }: { readonly sealing: Pick<Sealing, 'open'> },
  db: Queryable,
  { table, rows }: Place,
  record: OneRecord,
  at: { readonly after: readonly string[] | null; readonly limit?: number },
): Promise<readonly string[]> {
  if (!rows.sealed) return [];
  const named: string[] = [];
  const { table: sealedTable, column } = rows.sealed;
  for (const { row, sealed } of await sealedPage(db, table, rows, record, at)) {
    const context = { workspaceId: record.workspaceId, table: sealedTable, row, column };
    if (mentions((await sealing.open(sealed, context)).reveal(), record)) named.push(row);
  }
  return named;
}

/** In doubt it does: an answer that was kept for a repeat is worth less than what it might tell. */
function mentions(text: string, { ids, words }: OneRecord): boolean {
  const low = text.toLowerCase();
  return words.some((word) => low.includes(word)) || ids.some((id) => new RegExp(`\\b${id}\\b`).test(low));
}
