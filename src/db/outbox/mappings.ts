import type { FoundByAnotherKey } from '../../domain/workspaces/foundRecords.js';
import { stringifyExactJson } from '../../domain/exactJson.js';
import { ADVISORY_LOCKS } from '../advisoryLocks.js';
import type { Queryable } from '../pool.js';

/** One version of the mapping of generic events with this name. */
export interface StoredMapping {
  readonly name: string;
  readonly version: number;
  /** As it was given; checked by `parseMapping`. */
  readonly mapping: unknown;
  readonly updatedAt: Date;
}

/** As it is listed and shown. */
export interface MappingView extends StoredMapping {
  /** How events of it run. */
  readonly mode: TypeMode;
}

const COLUMNS = `m.type AS name, m.version, m.mapping, m.updated_at AS "updatedAt",
  coalesce((SELECT s.mode FROM outbox_type_settings s WHERE s.workspace_id = $1 AND s.type = 'generic:' || m.type), 'live') AS mode`;

/** The newest version of each, by name; without those that were deleted. */
export async function listMappings(
  db: Queryable,
  workspaceId: string,
  page: { after: string | undefined; limit: number },
): Promise<MappingView[]> {
  const { rows } = await db.query<MappingView>(
    `SELECT ${COLUMNS} FROM outbox_mappings m
      WHERE workspace_id = $1 AND type > $2 AND mapping <> 'null'
        AND NOT EXISTS (SELECT FROM outbox_mappings n
                         WHERE n.workspace_id = $1 AND n.type = m.type AND n.version > m.version)
      ORDER BY type LIMIT $3`,
    [workspaceId, page.after ?? '', page.limit],
  );
  return rows;
}

/** This version, or the newest. A mapping that was deleted is found by its version only. */
export async function findMapping(
  db: Queryable,
  workspaceId: string,
  name: string,
  version?: number,
): Promise<MappingView | undefined> {
  const { rows } = await db.query<MappingView>(
    `SELECT ${COLUMNS} FROM outbox_mappings m WHERE workspace_id = $1 AND type = $2 AND ($3::smallint IS NULL OR version = $3)
      ORDER BY version DESC LIMIT 1`,
    [workspaceId, name, version ?? null],
  );
  return rows[0]?.mapping === null ? undefined : rows[0];
}

/** Until the caller's transaction ends nobody else changes the mapping. */
export async function lockMapping(client: Queryable, workspaceId: string, name: string): Promise<void> {
  await client.query(`SELECT pg_advisory_xact_lock(${ADVISORY_LOCKS.mapping('$1', '$2')})`, [
    workspaceId,
    name,
  ]);
}

/**
 * Makes a new version, since events that wait keep theirs. The same mapping once more makes none. Returns the version
 * in force, and whether it is new. Null: it is deleted; versions before it stay for the events that wait.
 */
export async function putMapping(
  client: Queryable,
  workspaceId: string,
  name: string,
  mapping: unknown,
): Promise<{ version: number; changed: boolean }> {
  await lockMapping(client, workspaceId, name);
  const { rows } = await client.query<{ version: number; same: boolean }>(
    `SELECT version, mapping = $3::jsonb AS same FROM outbox_mappings WHERE workspace_id = $1 AND type = $2 ORDER BY version DESC LIMIT 1`,
    [workspaceId, name, stringifyExactJson(mapping)],
  );
  const [newest] = rows;
  if (newest?.same) return { version: newest.version, changed: false };
  const version = (newest?.version ?? 0) + 1;
  await client.query(
    'INSERT INTO outbox_mappings (workspace_id, type, version, mapping) VALUES ($1, $2, $3, $4::jsonb)',
    [workspaceId, name, version, stringifyExactJson(mapping)],
  );
  return { version, changed: true };
}

/**
 * Everything that a workspace has set for its events, in one statement: all versions of mappings, and types that run
 * in the shadow.
 */
export async function readEventSettings(db: Queryable, workspaceId: string): Promise<StoredSettings> {
  const { rows } = await db.query<StoredSettings>({
    name: 'outbox_settings',
    text: `SELECT (SELECT coalesce(json_agg(json_build_object('name', type, 'version', version, 'mapping', mapping)), '[]')
                     FROM outbox_mappings WHERE workspace_id = $1) AS mappings,
                  (SELECT coalesce(json_agg(type), '[]') FROM outbox_type_settings WHERE workspace_id = $1 AND mode = 'shadow') AS shadows,
                  coalesce((SELECT found_by_another_key FROM workspaces WHERE id = $1), 'adopt') AS found`,
    values: [workspaceId],
  });
  return rows[0] ?? { mappings: [], shadows: [], found: 'adopt' };
}

interface StoredSettings {
  mappings: StoredMapping[];
  shadows: string[];
  found: FoundByAnotherKey;
}

export type TypeMode = 'live' | 'shadow';

export async function setTypeMode(
  client: Queryable,
  workspaceId: string,
  type: string,
  mode: TypeMode,
): Promise<void> {
  await client.query(
    `INSERT INTO outbox_type_settings AS s (workspace_id, type, mode) VALUES ($1, $2, $3)
     ON CONFLICT (workspace_id, type) DO UPDATE SET mode = excluded.mode, updated_at = clock_timestamp()`,
    [workspaceId, type, mode],
  );
}
