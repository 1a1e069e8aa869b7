import type { Properties } from '../../domain/crm/mirroredRecord.js';
import { mergedValues, type MergedValues } from '../../domain/crm/mergedValues.js';
import type { Queryable } from '../pool.js';

interface Of {
  readonly workspaceId: string;
  readonly portalId: number;
  readonly objectType: string;
}

export interface StoredValues {
  readonly id: string;
  readonly properties: Properties;
  readonly archived: boolean;
  /** A read began later than the one that is asked about, and showed it so. */
  readonly isLater: boolean;
}

/** The ids of the next records of the mirror, in their order; those in the recycle bin, too. */
export async function idsAfter(
  db: Queryable,
  { workspaceId, portalId, objectType }: Of,
  after: string,
  limit: number,
): Promise<{ readonly id: string; readonly archived: boolean }[]> {
  const { rows } = await db.query<{ id: string; archived: boolean }>({
    name: 'crm.ids_after',
    text: `SELECT id::text AS id, archived_at IS NOT NULL AS archived FROM crm_records
            WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND id > $4 ORDER BY id LIMIT $5`,
    values: [workspaceId, portalId, objectType, after, limit],
  });
  return rows;
}

/** What is stored of these records. */
export async function storedValues(
  db: Queryable,
  { workspaceId, portalId, objectType }: Of,
  ids: readonly string[],
  readAt: Date,
): Promise<StoredValues[]> {
  // The inner LIMIT keeps it a look-up by key for each id, whatever the planner thinks of the table.
  const { rows } = await db.query<StoredValues>({
    name: 'crm.stored_values',
    text: `SELECT u.id::text AS id, r.properties, r.archived, r.read_at > $5 AS "isLater"
             FROM unnest($4::bigint[]) AS u (id)
             JOIN LATERAL (SELECT o.properties, o.archived_at IS NOT NULL AS archived, o.read_at FROM crm_records o
                            WHERE o.workspace_id = $1 AND o.portal_id = $2 AND o.object_type = $3 AND o.id = u.id LIMIT 1) r ON true`,
    values: [workspaceId, portalId, objectType, ids, readAt],
  });
  return rows;
}

export interface ValuesPage {
  readonly values: readonly (MergedValues & { readonly id: string })[];
  readonly readAt: Date;
  /** What made us read them. */
  readonly source: string;
  /** They were there before anybody kept them: consumers of the feed may leave it out. */
  readonly initial: boolean;
}

/** Its caller holds the lock of portal and type since before it read what is stored. Returns how many were written. */
export async function writeValues(
  db: Queryable,
  { workspaceId, portalId, objectType }: Of,
  { values, readAt, source, initial }: ValuesPage,
): Promise<number> {
  if (values.length === 0) return 0;
  const { rows } = await db.query<{ written: number }>({
    name: 'crm_write_values',
    text: 'SELECT crm_write_values($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AS written',
    values: [
      ...[workspaceId, portalId, objectType, readAt, source, initial],
      values.map(({ id }) => id),
      values.map(({ properties }) => properties),
      values.map(({ hash }) => hash),
      values.map(({ changed }) => changed),
    ],
  });
  return rows[0]?.written ?? 0;
}

/**
 * Takes what is kept no more out of these records, before they are written anew: that it is gone is no change of
 * theirs. Its caller holds the lock of portal and type.
 */
export async function dropStored(
  client: Queryable,
  of: Of,
  ids: readonly string[],
  dropping: readonly string[],
  readAt: Date,
): Promise<number> {
  const stored = await storedValues(client, of, [...new Set(ids)], readAt);
  const values = stored.flatMap(({ id, properties }) => {
    const merged = mergedValues(properties, dropping, undefined);
    return merged ? [{ id, ...merged }] : [];
  });
  return writeValues(client, of, { values, readAt, source: 'properties', initial: false });
}
