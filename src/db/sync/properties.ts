import {
  definitionChanges,
  hashOfDefinition,
  type DefinitionChanges,
  type KnownDefinition,
  type PropertyDefinition,
} from '../../domain/crm/propertyDefinition.js';
import { kept, pendingAfter, type PropertySelection } from '../../domain/sync/propertySelection.js';
import type { PortalAuth, PortalId } from '../../domain/portals/portal.js';
import type { Pool, Queryable } from '../pool.js';
import { forWorkspace, inWorkspace } from '../tenant.js';
import { notify } from '../workspaces/notices.js';
import type { PassReader } from './passes.js';
import type { SyncedObject, SyncReader } from './reader.js';

/** Definitions that were read longer ago than this are read again before records are. */
const FRESH_MINUTES = 60;
/** So many names of each kind stand in a notice; it says how many there are. */
const NAMES_IN_A_NOTICE = 20;
/** Of each property. */
const VERSIONS_KEPT = 50;

export interface KeptProperties {
  /** Those that are read and kept. */
  readonly names: readonly string[];
  /** Those that the mirror may still have, and that are no values of it any more. */
  readonly dropping: readonly string[];
  readonly filling: readonly string[];
  /** Of those that are kept. */
  readonly calculated: readonly string[];
  /** Grows with each change of what is kept. */
  readonly version: number;
  /** Lists of names of so many characters HubSpot refused for their length. */
  readonly refusedLength: number | null;
}

interface Row {
  readonly mode: PropertySelection['mode'];
  readonly names: string[];
  readonly version: number;
  readonly kept: string[] | null;
  readonly filling: string[];
  readonly dropping: string[];
}

const key = ({ workspaceId, portalId, objectType }: SyncedObject) => [workspaceId, portalId, objectType];

/** What is kept of a type. Undefined: its definitions were never read, or long ago. */
export async function keptNow(pool: Pool, object: SyncedObject): Promise<KeptProperties | undefined> {
  const { rows } = await forWorkspace(pool, object.workspaceId).query<KeptProperties>({
    name: 'sync.kept_properties',
    text: `SELECT p.kept AS names, p.dropping, p.filling, p.version, p.refused_length AS "refusedLength",
                  ARRAY(SELECT d.name FROM crm_property_defs d
                         WHERE d.workspace_id = $1 AND d.portal_id = $2 AND d.object_type = $3 AND d.replaced_at IS NULL
                           AND d.calculated AND NOT d.archived AND d.name = ANY (p.kept) ORDER BY d.name) AS calculated
             FROM sync_properties p
            WHERE p.workspace_id = $1 AND p.portal_id = $2 AND p.object_type = $3 AND p.kept IS NOT NULL
              AND p.read_at > clock_timestamp() - $4 * interval '1 minute'`,
    values: [...key(object), FRESH_MINUTES],
  });
  return rows[0];
}

/** Which of a portal's properties may be read beside those that are not sensitive: as far as its scopes are known. */
export async function grantedScopes(pool: Pool, portal: PortalId): Promise<readonly string[]> {
  return (await portalGrant(pool, portal)).scopes;
}

interface PortalGrant {
  /** Undefined: there is no such portal. */
  readonly auth?: PortalAuth;
  /** Of a private app they are not known. */
  readonly scopes: readonly string[];
}

/** How a portal was connected, and what it has granted. */
export async function portalGrant(pool: Pool, { workspaceId, portalId }: PortalId): Promise<PortalGrant> {
  const { rows } = await forWorkspace(pool, workspaceId).query<PortalGrant>(
    'SELECT auth, scopes FROM portals WHERE portal_id = $1 AND workspace_id = $2',
    [portalId, workspaceId],
  );
  return rows[0] ?? { scopes: [] };
}

/**
 * Stores what a portal says of the properties of a type now, and tells the workspace of what is different. Whoever
 * reads the type by what was kept before loses its place; `reader`, who has asked for it, keeps its own. Undefined: the
 * type is not mirrored.
 */
export function noteDefinitions(
  pool: Pool,
  object: SyncedObject,
  now: readonly PropertyDefinition[],
  reader?: SyncReader | PassReader,
): Promise<DefinitionChanges | undefined> {
  return inWorkspace(pool, object.workspaceId, async (client) => {
    const before = await lockProperties(client, object);
    if (!before) return undefined;
    const changes = definitionChanges(await standing(client, object), now);
    await writeDefinitions(client, object, changes);
    const isDifferent = await keep(
      client,
      object,
      before,
      now.map(({ name }) => name),
    );
    await client.query(
      `UPDATE sync_properties SET read_at = clock_timestamp() WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3`,
      key(object),
    );
    if (isDifferent && before.kept !== null) await sendAway(client, object, reader);
    if (before.kept !== null) await tell(client, object, changes);
    return changes;
  });
}

/** Has other properties kept than before. False: the type is not mirrored. */
export async function selectProperties(
  client: Queryable,
  object: SyncedObject,
  selection: PropertySelection,
): Promise<boolean> {
  const before = await lockProperties(client, object);
  if (!before) return false;
  const { mode, names } = selection;
  await client.query(
    'UPDATE sync_properties SET mode = $4, names = $5 WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3',
    [...key(object), mode, names],
  );
  // Where they were never read, whoever reads the type first reads them.
  if (before.kept === null) return true;
  const there = [...(await standing(client, object)).values()].filter(({ archived }) => !archived);
  const after = { ...before, mode, names: [...names] };
  const isDifferent = await keep(
    client,
    object,
    after,
    there.map(({ name }) => name),
  );
  if (isDifferent) await sendAway(client, object);
  return true;
}

/** Has the definitions read again before the next records. */
export async function distrustDefinitions(pool: Pool, object: SyncedObject): Promise<void> {
  await forWorkspace(pool, object.workspaceId).query(
    'UPDATE sync_properties SET read_at = NULL WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3',
    key(object),
  );
}

/** HubSpot refused a list of names of this length: longer ones are not sent any more. */
export async function noteRefusedLength(pool: Pool, object: SyncedObject, length: number): Promise<void> {
  await forWorkspace(pool, object.workspaceId).query(
    `UPDATE sync_properties SET refused_length = least(refused_length, $4)
      WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3`,
    [...key(object), length],
  );
}

/** The row of portal and type first, as all do that write anything of it. */
async function lockProperties(client: Queryable, object: SyncedObject): Promise<Row | undefined> {
  const { rowCount } = await client.query(
    `SELECT FROM sync_states WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 FOR NO KEY UPDATE`,
    key(object),
  );
  if (rowCount === 0) return undefined;
  await client.query(
    'INSERT INTO sync_properties (workspace_id, portal_id, object_type) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    key(object),
  );
  const { rows } = await client.query<Row>(
    `SELECT mode, names, version, kept, filling, dropping FROM sync_properties
      WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 FOR UPDATE`,
    key(object),
  );
  return rows[0];
}

/** Of each name the version that stands. */
async function standing(client: Queryable, object: SyncedObject): Promise<Map<string, KnownDefinition>> {
  const { rows } = await client.query<KnownDefinition>(
    `SELECT name, version, archived, hash, type FROM crm_property_defs
      WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND replaced_at IS NULL`,
    key(object),
  );
  return new Map(rows.map((row) => [row.name, row]));
}

async function writeDefinitions(
  client: Queryable,
  object: SyncedObject,
  { appeared, changed, vanished }: DefinitionChanges,
): Promise<void> {
  const replaced = `UPDATE crm_property_defs SET replaced_at = clock_timestamp()
     WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND replaced_at IS NULL AND name = ANY ($4)`;
  const newer = [...appeared, ...changed];
  if (newer.length > 0)
    await client.query(
      `WITH before AS (${replaced} RETURNING name, version)
       INSERT INTO crm_property_defs (workspace_id, portal_id, object_type, name, version, label, type, field_type, options,
                                      calculated, data_sensitivity, archived, hash, first_seen_at)
       SELECT $1, $2, $3, n.name, coalesce((SELECT b.version FROM before b WHERE b.name = n.name), 0) + 1, n.label, n.type,
              n.field_type, n.options::jsonb, n.calculated, n.data_sensitivity, false, n.hash, clock_timestamp()
         FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::boolean[], $10::text[], $11::bytea[])
              AS n (name, label, type, field_type, options, calculated, data_sensitivity, hash)`,
      [
        ...key(object),
        newer.map(({ name }) => name),
        newer.map(({ label }) => label),
        newer.map(({ type }) => type),
        newer.map(({ fieldType }) => fieldType),
        newer.map(({ options }) => JSON.stringify(options)),
        newer.map(({ calculated }) => calculated),
        newer.map(({ dataSensitivity }) => dataSensitivity),
        newer.map(hashOfDefinition),
      ],
    );
  if (vanished.length > 0)
    await client.query(
      `WITH before AS (${replaced} RETURNING *)
       INSERT INTO crm_property_defs (workspace_id, portal_id, object_type, name, version, label, type, field_type, options,
                                      calculated, data_sensitivity, archived, hash, first_seen_at)
       SELECT workspace_id, portal_id, object_type, name, version + 1, label, type, field_type, options, calculated,
              data_sensitivity, true, hash, clock_timestamp() FROM before`,
      [...key(object), vanished],
    );
  await client.query(
    `DELETE FROM crm_property_defs d
      WHERE d.workspace_id = $1 AND d.portal_id = $2 AND d.object_type = $3 AND d.name = ANY ($4)
        AND d.version <= (SELECT max(o.version) FROM crm_property_defs o
                           WHERE o.workspace_id = $1 AND o.portal_id = $2 AND o.object_type = $3 AND o.name = d.name) - $5::int`,
    [...key(object), [...changed.map(({ name }) => name), ...vanished], VERSIONS_KEPT],
  );
}

/** Stores which of the names that are there are kept. True: they are others than before. */
async function keep(
  client: Queryable,
  object: SyncedObject,
  before: Row,
  there: readonly string[],
): Promise<boolean> {
  const names = kept(before, there);
  const same = before.kept?.length === names.length && names.every((name, at) => name === before.kept?.[at]);
  if (same) return false;
  const { filling, dropping } = pendingAfter(before, names);
  await client.query(
    `UPDATE sync_properties SET kept = $4, filling = $5, dropping = $6, version = version + 1
      WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3`,
    [...key(object), names, filling, dropping],
  );
  return true;
}

/**
 * Whoever reads the type by what was kept before writes nothing more, and somebody else goes on at once. What is to be
 * filled and taken out is due.
 */
async function sendAway(
  client: Queryable,
  object: SyncedObject,
  except?: SyncReader | PassReader,
): Promise<void> {
  const pass = except && 'pass' in except ? except.pass : null;
  await client.query(
    `UPDATE sync_states SET fence = fence + 1, lease_until = NULL,
            due_at = CASE WHEN due_at IS NOT NULL THEN clock_timestamp() END
      WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND fence IS DISTINCT FROM $4`,
    [...key(object), except && pass === null ? except.fence : null],
  );
  await client.query(
    `UPDATE sync_passes SET fence = fence + 1, lease_until = NULL, due_at = clock_timestamp()
      WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND pass IS DISTINCT FROM $4
        AND (lease_until IS NOT NULL OR pass = 'properties')`,
    [...key(object), pass],
  );
}

async function tell(
  client: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
  { appeared, changed, vanished }: DefinitionChanges,
): Promise<void> {
  if (appeared.length + changed.length + vanished.length === 0) return;
  const listed = (names: readonly string[]) => ({
    count: names.length,
    names: names.slice(0, NAMES_IN_A_NOTICE),
  });
  await notify(client, {
    ...{ workspaceId, portalId, kind: 'sync.properties_changed' },
    detail: {
      objectType,
      appeared: listed(appeared.map(({ name }) => name)),
      changed: listed(changed.map(({ name }) => name)),
      vanished: listed(vanished),
    },
  });
}

/** The mirror has what is kept, and nothing else, unless that was changed since. */
export async function endPending(client: Queryable, object: SyncedObject, version: number): Promise<void> {
  await client.query(
    `UPDATE sync_properties SET filling = '{}', dropping = '{}'
      WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND version = $4`,
    [...key(object), version],
  );
}

/** The calculated properties of all records were read by a round that began then. */
export async function noteCalculated(client: Queryable, object: SyncedObject, beganAt: Date): Promise<void> {
  await client.query(
    `UPDATE sync_properties SET calculated_at = $4 WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3`,
    [...key(object), beganAt],
  );
}
