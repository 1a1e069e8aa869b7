import type pg from 'pg';
import { AppError } from '../../platform/errors.js';

export interface BackupTable {
  readonly name: string;
  readonly columns: readonly string[];
}

/** Ours, by name: an application may have tables of its own beside them. */
export const TABLES = [
  'action_effects',
  'action_rates',
  'action_runs',
  'api_keys',
  'audit_chains',
  'audit_entries',
  'audit_heads',
  'budget_rings',
  'budget_slots',
  'call_counts',
  'crm_aliases',
  'crm_changes',
  'crm_consumers',
  'crm_dead_changes',
  'crm_declared_properties',
  'crm_edges',
  'crm_owners',
  'crm_pipelines',
  'crm_property_defs',
  'crm_records',
  'crm_schemas',
  'crm_sql_logins',
  'crm_sql_views',
  'crm_stages',
  'crm_tombstones',
  'crm_values',
  'data_keys',
  'erasures',
  'execution_history',
  'execution_keys',
  'executions',
  'idempotency_keys',
  'install_links',
  'installations',
  'lane_grants',
  'lane_windows',
  'lanes',
  'notices',
  'oauth_states',
  'outbox_attempts',
  'outbox_capture_portals',
  'outbox_claims',
  'outbox_collected',
  'outbox_dead',
  'outbox_history',
  'outbox_holds',
  'outbox_inbox',
  'outbox_keys',
  'outbox_ledger',
  'outbox_mappings',
  'outbox_pending',
  'outbox_portals',
  'outbox_redriven',
  'outbox_redrives',
  'outbox_type_settings',
  'packs',
  'portal_settings',
  'portal_suspensions',
  'portals',
  'registration_steps',
  'registrations',
  'request_log',
  'sync_passes',
  'sync_properties',
  'sync_schedules',
  'sync_states',
  'webhook_counts',
  'webhook_events',
  'webhook_journal',
  'webhook_reads',
  'webhook_strays',
  'workspaces',
] as const;

/**
 * Every table of ours, each after those that it refers to, with the columns that are stored. Rows of partitions are
 * those of their table.
 */
export async function backupTables(client: pg.ClientBase): Promise<BackupTable[]> {
  const { rows } = await client.query<BackupTable & { needs: string[] }>(
    `SELECT c.relname AS name,
            ARRAY(SELECT a.attname::text FROM pg_attribute a
                   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum) AS columns,
            ARRAY(SELECT f.relname::text FROM pg_constraint k JOIN pg_class f ON f.oid = k.confrelid
                   WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.confrelid <> c.oid) AS needs
       FROM pg_class c
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND c.relname = ANY ($1) ORDER BY c.relname`,
    [TABLES],
  );
  return inOrder(rows);
}

function inOrder(tables: readonly (BackupTable & { needs: readonly string[] })[]): BackupTable[] {
  const placed: BackupTable[] = [];
  const left = new Map(tables.map((table) => [table.name, table]));
  while (left.size > 0) {
    const next = [...left.values()].find(({ needs }) => !needs.some((name) => left.has(name)));
    if (!next) throw new Error(`Tables refer to one another in a circle: ${[...left.keys()].join(', ')}`);
    left.delete(next.name);
    placed.push({ name: next.name, columns: next.columns });
  }
  return placed;
}

/** Those from which our tables are numbered. */
export async function sequences(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT DISTINCT s.relname AS name
       FROM pg_class s JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.oid
       JOIN pg_class t ON t.oid = d.refobjid AND t.relname = ANY ($1)
      WHERE s.relkind = 'S' AND s.relnamespace = 'public'::regnamespace AND d.deptype IN ('a', 'i')
      UNION SELECT 'outbox_event_ids' ORDER BY 1`,
    [TABLES],
  );
  return rows.map(({ name }) => name);
}

/** Rejects where the login would not see all rows: row-level security leaves them out without a word. */
export async function refuseBlindLogin(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ sees: boolean; login: string }>(
    `SELECT r.rolsuper OR r.rolbypassrls OR pg_has_role(r.oid, 'sluice_system', 'USAGE') AS sees, r.rolname AS login
       FROM pg_roles r WHERE r.rolname = current_user`,
  );
  if (rows[0]?.sees) return;
  throw new AppError(
    'conflict',
    `The login ${rows[0]?.login ?? '?'} does not see the rows of all workspaces: DATABASE_ADMIN_URL must name the owner of the tables`,
  );
}

/** The newest migration of the tables: a backup fits the database of the same version alone. */
export async function schemaVersion(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ hash: string }>(
    'SELECT hash FROM drizzle.__drizzle_migrations ORDER BY created_at DESC LIMIT 1',
  );
  if (!rows[0]) throw new Error('The database has no tables of Sluice');
  return rows[0].hash;
}
