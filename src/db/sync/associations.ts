import type { Pool, Queryable } from '../pool.js';
import { forWorkspace } from '../tenant.js';
import { DUE_NOW } from './passes.js';
import type { SyncedObject } from './reader.js';

/** With records of which types the associations of a type are read, and with which they are not. */
export interface AssociatedTypes {
  readonly wanted: readonly string[];
  /** Types of the portal that are mirrored, or were: what is stored of them is not read any more. */
  readonly unwanted: readonly string[];
}

/** Those that were chosen, or all others that are mirrored; without those that HubSpot refuses, which stay so. */
export async function associatedTypes(
  pool: Pool,
  { workspaceId, portalId, objectType }: SyncedObject,
): Promise<AssociatedTypes> {
  const { rows } = await forWorkspace(pool, workspaceId).query<{ type: string; wanted: boolean }>({
    name: 'associated_types',
    text: `SELECT o.object_type AS type,
                  CASE WHEN s.associations IS NULL THEN o.object_type <> s.object_type AND o.ended_at IS NULL
                       ELSE o.object_type = ANY (s.associations) END AS wanted
             FROM sync_states s JOIN sync_states o ON o.workspace_id = s.workspace_id AND o.portal_id = s.portal_id
            WHERE s.workspace_id = $1 AND s.portal_id = $2 AND s.object_type = $3 AND NOT s.associations_refused ? o.object_type
            UNION
           SELECT c.type, true FROM sync_states s CROSS JOIN unnest(s.associations) AS c (type)
            WHERE s.workspace_id = $1 AND s.portal_id = $2 AND s.object_type = $3 AND NOT s.associations_refused ? c.type
            ORDER BY 1`,
    values: [workspaceId, portalId, objectType],
  });
  const of = (wanted: boolean) => rows.filter((row) => row.wanted === wanted).map(({ type }) => type);
  return { wanted: of(true), unwanted: of(false) };
}

/** HubSpot refuses the associations of two types: they alone are not read until a new authorisation, or a resume. */
export async function refuseAssociations(
  pool: Pool,
  { workspaceId, portalId, objectType }: SyncedObject,
  toType: string,
  reason: string,
): Promise<void> {
  await forWorkspace(pool, workspaceId).query(
    `UPDATE sync_states
        SET associations_refused = associations_refused || jsonb_build_object($4::text, jsonb_build_object('reason', $5::text, 'at', clock_timestamp()))
      WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3`,
    [workspaceId, portalId, objectType, toType, reason],
  );
}

/** Some may be missing from now on: the pass brings them, soon, by a round that begins later. */
export async function associationsBehind(
  client: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
): Promise<void> {
  await client.query(
    `WITH behind AS (
       UPDATE sync_states SET associations_behind_since = clock_timestamp()
        WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3)
     UPDATE sync_passes SET ${DUE_NOW}
      WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND pass = 'associations' AND failures_in_a_row = 0`,
    [workspaceId, portalId, objectType],
  );
}

/** The first load is through: the pass need not wait for its next turn. */
export async function associationsDue(db: Queryable, { workspaceId, portalId, objectType }: SyncedObject) {
  await db.query(
    `UPDATE sync_passes SET ${DUE_NOW}
      WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND pass = 'associations'`,
    [workspaceId, portalId, objectType],
  );
}

/** Some may be missing since a time that a round which began then has not covered. */
export async function associationsBehindSince(
  pool: Pool,
  { workspaceId, portalId, objectType }: SyncedObject,
  roundBeganAt: Date,
): Promise<boolean> {
  // Compared here: the database's time is finer than a Date.
  const { rows } = await forWorkspace(pool, workspaceId).query(
    `SELECT FROM sync_states
      WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND associations_behind_since > $4`,
    [workspaceId, portalId, objectType, roundBeganAt],
  );
  return rows.length > 0;
}

/** A round over all records is through that began then: what was missing before is there. */
export async function associationsCaughtUp(
  db: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
  roundBeganAt: Date,
): Promise<void> {
  await db.query(
    `UPDATE sync_states SET associations_behind_since = NULL
      WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND associations_behind_since <= $4`,
    [workspaceId, portalId, objectType, roundBeganAt],
  );
}

/** HubSpot's refusals are forgotten: what was left out for them is read again. All types of the portal. */
export async function resumeAssociations(
  client: Queryable,
  { workspaceId, portalId }: { readonly workspaceId: string; readonly portalId: number },
): Promise<void> {
  await client.query(
    `WITH resumed AS (
       UPDATE sync_states SET associations_refused = '{}', associations_behind_since = clock_timestamp()
        WHERE workspace_id = $1 AND portal_id = $2 AND associations_refused <> '{}'
       RETURNING object_type)
     UPDATE sync_passes SET ${DUE_NOW}
      WHERE workspace_id = $1 AND portal_id = $2 AND pass = 'associations' AND object_type = ANY (ARRAY(SELECT object_type FROM resumed))`,
    [workspaceId, portalId],
  );
}

/**
 * A type of the portal is mirrored from now on: the others' associations with it are read by a round of their own,
 * unless they have a choice of their own.
 */
export async function associateWithNewType(
  client: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
): Promise<void> {
  await client.query(
    `WITH others AS (
       UPDATE sync_states SET associations_behind_since = clock_timestamp()
        WHERE workspace_id = $1 AND portal_id = $2 AND object_type <> $3 AND ended_at IS NULL AND loaded_at IS NOT NULL
          AND (associations IS NULL OR $3 = ANY (associations))
       RETURNING object_type)
     UPDATE sync_passes SET ${DUE_NOW}
      WHERE workspace_id = $1 AND portal_id = $2 AND pass = 'associations' AND object_type = ANY (ARRAY(SELECT object_type FROM others))`,
    [workspaceId, portalId, objectType],
  );
}

/** With which types associations are read from now on. Null: with all that are mirrored. */
export async function chooseAssociations(
  client: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
  types: readonly string[] | null,
): Promise<void> {
  await client.query(
    `UPDATE sync_states SET associations = $4::text[], associations_refused = '{}'
      WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3`,
    [workspaceId, portalId, objectType, types],
  );
  await associationsBehind(client, { workspaceId, portalId, objectType });
}
