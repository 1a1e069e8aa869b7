import type pg from 'pg';
import type { ValueKind } from '../../domain/crm/declaredProperty.js';
import type { Queryable } from '../pool.js';

/** A type of records of a portal. */
interface Of {
  readonly workspaceId: string;
  readonly portalId: number;
  readonly objectType: string;
}

export interface DeclaredProperty {
  readonly property: string;
  readonly kind: ValueKind;
  /**
   * `filling`: records that are there already get their values; `ready`: records are found by it; `leaving`: it is not
   * declared any more, and its values are being removed.
   */
  readonly state: 'filling' | 'ready' | 'leaving';
  /** Records that were there already and have their values. */
  readonly filled: number;
  readonly declaredAt: Date;
  readonly filledAt: Date | null;
}

const COLUMNS = `property, kind, filled::float8 AS filled, declared_at AS "declaredAt", filled_at AS "filledAt",
  CASE WHEN undeclared_at IS NOT NULL THEN 'leaving' WHEN filled_at IS NULL THEN 'filling' ELSE 'ready' END AS state`;
const OF_TYPE = 'workspace_id = $1 AND portal_id = $2 AND object_type = $3';

/** Those of a type by their names, after one; few, since each costs each write of a record something. */
export async function declaredProperties(
  db: Queryable,
  { workspaceId, portalId, objectType }: Of,
  { after = '', limit }: { after?: string | undefined; limit: number },
): Promise<DeclaredProperty[]> {
  const { rows } = await db.query<DeclaredProperty>(
    `SELECT ${COLUMNS} FROM crm_declared_properties WHERE ${OF_TYPE} AND property > $4 ORDER BY property LIMIT $5`,
    [workspaceId, portalId, objectType, after, limit],
  );
  return rows;
}

/** What a portal's definition of a property comes to. */
const DEFINED_KIND = `(SELECT CASE WHEN o.type = 'number' THEN 'number' WHEN o.type IN ('date', 'datetime') THEN 'date' ELSE 'text' END
   FROM crm_property_defs o WHERE o.workspace_id = $1 AND o.portal_id = $2 AND o.object_type = $3 AND o.name = $4 AND o.replaced_at IS NULL LIMIT 1)`;

/**
 * Declares one, where it is not so already; another kind, or one that was on its leave, is filled in from the
 * beginning. Without a kind it keeps the one that it has, or has that of the portal's definition. Undefined: so many
 * are declared already.
 */
export async function declareProperty(
  client: pg.ClientBase,
  { workspaceId, portalId, objectType }: Of,
  { property, kind, most }: { property: string; kind?: ValueKind | undefined; most: number },
): Promise<DeclaredProperty | undefined> {
  const of = [workspaceId, portalId, objectType, property];
  // One at a time for a type, so that they are counted right; it waits for no more than the page that is being written.
  await client.query(`SELECT FROM sync_states WHERE ${OF_TYPE} FOR NO KEY UPDATE`, of.slice(0, 3));
  await client.query(
    `INSERT INTO crm_declared_properties AS d (workspace_id, portal_id, object_type, property, kind)
     SELECT $1, $2, $3, $4,
            coalesce($5::text, (SELECT kind FROM crm_declared_properties WHERE ${OF_TYPE} AND property = $4), ${DEFINED_KIND}, 'text')
      WHERE EXISTS (SELECT FROM crm_declared_properties WHERE ${OF_TYPE} AND property = $4)
         OR (SELECT count(*) FROM crm_declared_properties WHERE ${OF_TYPE}) < $6
     ON CONFLICT (workspace_id, portal_id, object_type, property) DO UPDATE
        SET kind = excluded.kind, declared_at = clock_timestamp(), undeclared_at = NULL, filled_upto = 0, filled = 0, filled_at = NULL,
            due_at = clock_timestamp()
      WHERE d.kind <> excluded.kind OR d.undeclared_at IS NOT NULL`,
    [...of, kind ?? null, most],
  );
  const { rows } = await client.query<DeclaredProperty>(
    `SELECT ${COLUMNS} FROM crm_declared_properties WHERE ${OF_TYPE} AND property = $4`,
    of,
  );
  return rows[0];
}

/** Its values are removed from now on, and records are not found by it. False: it is not declared. */
export async function undeclareProperty(
  client: pg.ClientBase,
  { workspaceId, portalId, objectType }: Of,
  property: string,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE crm_declared_properties SET undeclared_at = clock_timestamp(), filled_at = NULL, due_at = clock_timestamp()
      WHERE ${OF_TYPE} AND property = $4 AND undeclared_at IS NULL`,
    [workspaceId, portalId, objectType, property],
  );
  return rowCount === 1;
}

/** One of them, wherever it is. */
export interface DeclaredOf extends Of {
  readonly property: string;
}

/** Those of which values are to be filled in or removed. For the worker: across all workspaces. */
export async function valuesDue(db: Queryable, most: number): Promise<DeclaredOf[]> {
  const { rows } = await db.query<{
    workspace_id: string;
    portal_id: string;
    object_type: string;
    property: string;
  }>('SELECT * FROM crm_values_due($1)', [most]);
  return rows.map((row) => ({
    workspaceId: row.workspace_id,
    portalId: Number(row.portal_id),
    objectType: row.object_type,
    property: row.property,
  }));
}

/** Fills in or removes so many values at most. Returns how many; fewer: that was all. */
export async function fillValues(
  db: Queryable,
  { workspaceId, portalId, objectType, property }: DeclaredOf,
  most: number,
): Promise<number> {
  const { rows } = await db.query<{ did: number }>({
    name: 'crm_fill_values',
    text: 'SELECT crm_fill_values($1, $2, $3, $4, $5) AS did',
    values: [workspaceId, portalId, objectType, property, most],
  });
  return rows[0]?.did ?? 0;
}
