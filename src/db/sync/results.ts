import { mergedInto, valuesOf, type Properties, type SeenRecord } from '../../domain/crm/mirroredRecord.js';
import type { Queryable } from '../pool.js';
import { tellDeletes } from './deletes.js';
import { writePassRecords } from './passRecords.js';
import type { SyncedObject } from './reader.js';

/** A record as far as the answer to a write of ours shows it. */
export interface ShownRecord {
  readonly id: string;
  readonly properties: Readonly<Record<string, string | null>>;
  /** ISO 8601, by HubSpot's clock. */
  readonly createdAt: string;
  readonly modifiedAt: string;
  /** All that the mirror keeps of it was asked for. */
  readonly isWhole?: boolean;
}

/** As HubSpot writes times. */
const A_MOMENT_MS = 1;

/**
 * Writes what answers of HubSpot's have shown into the mirror, in the transaction of `client`. False: the type is not
 * mirrored, or is held up; nothing was written.
 *
 * The answer to a write shows what was written and not what others have changed since the mirror read the record. So it
 * is laid over what the mirror has, and stands there as a moment older than it is: whoever follows the portal's changes
 * reads the record once more, whole. It costs a hundredth of a call.
 */
export async function writeResults(
  client: Queryable,
  object: SyncedObject,
  shown: readonly ShownRecord[],
  readAt: Date,
): Promise<boolean> {
  const { workspaceId, portalId, objectType } = object;
  const key = [workspaceId, portalId, objectType];
  const kept = await enterResults(client, object);
  if (!kept) return false;
  const { rows } = await client.query<{ id: string; properties: Properties | null }>({
    name: 'sync.known_of_results',
    text: `SELECT u.id::text AS id,
                  (SELECT r.properties FROM crm_records r
                    WHERE r.workspace_id = $1 AND r.portal_id = $2 AND r.object_type = $3 AND r.id = u.id) AS properties
             FROM unnest($4::bigint[]) AS u (id)`,
    values: [...key, shown.map(({ id }) => id)],
  });
  const known = new Map(rows.map(({ id, properties }) => [id, properties && valuesOf(properties)]));
  const names = new Set(kept);
  const seen = shown
    .map((one) => laidOver(one, known.get(one.id) ?? {}, names))
    // A merge that an answer shows locks the rows of other types, too: it is told by who reads the record.
    .filter((one) => mergedInto(one).length === 0);
  await writePassRecords(client, object, { seen, readAt, source: 'write' });
  return true;
}

/**
 * Before anything is written: one at a time for portal and type (crm_write_records.sql). Which properties are kept;
 * undefined: the type is not mirrored, or is held up.
 */
export async function enterResults(
  client: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
): Promise<readonly string[] | undefined> {
  const { rows } = await client.query<{ kept: string[] | null }>({
    name: 'sync.enter_results',
    text: `SELECT (SELECT k.kept FROM sync_properties k
                    WHERE k.workspace_id = $1 AND k.portal_id = $2 AND k.object_type = $3) AS kept
             FROM sync_states s JOIN portals p ON p.portal_id = s.portal_id
            WHERE s.workspace_id = $1 AND s.portal_id = $2 AND s.object_type = $3 AND s.paused_at IS NULL AND s.ended_at IS NULL
              AND p.workspace_id = $1 AND p.state = 'active'
              FOR NO KEY UPDATE OF s`,
    values: [workspaceId, portalId, objectType],
  });
  return rows[0]?.kept ?? undefined;
}

/**
 * Records that we have deleted at HubSpot leave the mirror, in the transaction of `client`, and their associations with
 * them: so the rows of all types of the portal are locked, in one order. False: the type is not mirrored, or held up.
 */
export async function writeDeletes(
  client: Queryable,
  object: SyncedObject,
  ids: readonly string[],
  at: Date,
): Promise<boolean> {
  await client.query(
    'SELECT FROM sync_states WHERE workspace_id = $1 AND portal_id = $2 ORDER BY object_type FOR NO KEY UPDATE',
    [object.workspaceId, object.portalId],
  );
  if (!(await enterResults(client, object))) return false;
  const archived = ids.map((id) => ({ id, archivedAt: at }));
  await tellDeletes(client, object, { archived, readAt: at, source: 'write' }, { isRound: false });
  return true;
}

function laidOver(
  { id, properties, createdAt, modifiedAt, isWhole = false }: ShownRecord,
  known: Properties,
  kept: ReadonlySet<string>,
): SeenRecord {
  const shown = Object.fromEntries(Object.entries(properties).filter(([name]) => kept.has(name)));
  const before = new Date(Date.parse(modifiedAt) - A_MOMENT_MS).toISOString();
  return {
    ...{ id, createdAt },
    properties: isWhole ? shown : { ...known, ...shown },
    modifiedAt: isWhole ? modifiedAt : before,
  };
}
