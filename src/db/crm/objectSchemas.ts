import type { ObjectSchema } from '../../domain/crm/objectSchema.js';
import { readText } from '../../domain/crm/storedText.js';
import type { Queryable } from '../pool.js';

interface OfPortal {
  readonly workspaceId: string;
  readonly portalId: number;
}

/** What a portal says of its custom objects. */
export interface PortalSchemas {
  readonly schemas: readonly ObjectSchema[];
  readonly readAt: Date | null;
  /** Why they could not be read last. */
  readonly failure: string | null;
}

type Stored = Readonly<Record<string, Omit<ObjectSchema, 'objectType'>>>;

/** The portal of any workspace whose custom objects have waited longest to be read. Not due again for so long. */
export async function nextSchemasDue(db: Queryable, againMs: number): Promise<OfPortal | undefined> {
  const { rows } = await db.query<OfPortal>({
    name: 'crm.schemas_due',
    text: `SELECT workspace_id AS "workspaceId", portal_id::float8 AS "portalId" FROM crm_schemas_due($1, 1)`,
    values: [againMs],
  });
  return rows[0];
}

/** The portal is in use: what it says of its custom objects is read soon. */
export async function awaitSchemas(db: Queryable, { workspaceId, portalId }: OfPortal): Promise<void> {
  await db.query(
    `INSERT INTO crm_schemas (workspace_id, portal_id) VALUES ($1, $2)
     ON CONFLICT (workspace_id, portal_id) DO UPDATE SET due_at = clock_timestamp()`,
    [workspaceId, portalId],
  );
}

/** The portal goes: nothing more is read, and what was read goes with the last of its mirror. */
export async function endSchemas(db: Queryable, { workspaceId, portalId }: OfPortal): Promise<void> {
  await db.query(
    `WITH gone AS (
       DELETE FROM crm_schemas c WHERE c.workspace_id = $1 AND c.portal_id = $2
          AND NOT EXISTS (SELECT FROM sync_states s WHERE s.workspace_id = $1 AND s.portal_id = $2)
       RETURNING c.portal_id)
     UPDATE crm_schemas SET due_at = NULL
      WHERE workspace_id = $1 AND portal_id = $2 AND NOT EXISTS (SELECT FROM gone)`,
    [workspaceId, portalId],
  );
}

/** Stores what a portal says now: text as the mirror keeps it. */
export async function writeSchemas(
  db: Queryable,
  { workspaceId, portalId }: OfPortal,
  schemas: readonly ObjectSchema[],
): Promise<void> {
  const types = Object.fromEntries(schemas.map(({ objectType, ...schema }) => [objectType, schema]));
  await db.query(
    `UPDATE crm_schemas SET types = $3, read_at = clock_timestamp(), failure = NULL
      WHERE workspace_id = $1 AND portal_id = $2`,
    [workspaceId, portalId, JSON.stringify(types)],
  );
}

/** It could not be read: what was read before stays, and it is asked again after so long. */
export async function noteSchemasFailure(
  db: Queryable,
  { workspaceId, portalId }: OfPortal,
  failure: string,
  againMs: number,
): Promise<void> {
  await db.query(
    `UPDATE crm_schemas
        SET failure = $3, due_at = CASE WHEN due_at IS NOT NULL THEN clock_timestamp() + $4 * interval '1 millisecond' END
      WHERE workspace_id = $1 AND portal_id = $2`,
    [workspaceId, portalId, failure, againMs],
  );
}

/** What a portal said last. Undefined: it has not been in use since there are custom objects here. */
export async function findSchemas(
  db: Queryable,
  { workspaceId, portalId }: OfPortal,
): Promise<PortalSchemas | undefined> {
  const { rows } = await db.query<{ types: Stored; readAt: Date | null; failure: string | null }>({
    name: 'crm.schemas',
    text: `SELECT types, read_at AS "readAt", failure FROM crm_schemas WHERE workspace_id = $1 AND portal_id = $2`,
    values: [workspaceId, portalId],
  });
  if (!rows[0]) return undefined;
  const { types, ...more } = rows[0];
  return {
    ...more,
    schemas: schemasIn(types),
  };
}

/** What several portals said last, by their numbers. */
export async function schemasOf(
  db: Queryable,
  workspaceId: string,
  portalIds: readonly number[],
): Promise<ReadonlyMap<number, readonly ObjectSchema[]>> {
  if (portalIds.length === 0) return new Map();
  const { rows } = await db.query<{ portalId: number; types: Stored }>({
    name: 'crm.schemas_of_portals',
    text: `SELECT portal_id::float8 AS "portalId", types FROM crm_schemas WHERE workspace_id = $1 AND portal_id = ANY ($2)`,
    values: [workspaceId, portalIds],
  });
  return new Map(rows.map(({ portalId, types }) => [portalId, schemasIn(types)]));
}

const schemasIn = (types: Stored): ObjectSchema[] =>
  Object.entries(types).map(([objectType, stored]) => ({ objectType, ...readable(stored) }));

/** All text in it as HubSpot had it. */
function readable<T extends Omit<ObjectSchema, 'objectType'>>(stored: T): T {
  const { name, fullyQualifiedName, singular, plural } = stored;
  return {
    ...stored,
    ...{ name: readText(name), fullyQualifiedName: readText(fullyQualifiedName) },
    ...{ singular: singular && readText(singular), plural: plural && readText(plural) },
  };
}
