import type pg from 'pg';
import { AppError } from '../platform/errors.js';
import type { Secret } from '../platform/secret.js';

/*
 * Postgres lets everybody connect to a database and execute its functions unless somebody says otherwise. Here nobody
 * may who was not told so: each file of migrations/functions ends with a GRANT to the role that needs the function.
 *
 *   sluice_app          API and worker: what serves calls, events and people
 *   sluice_maintenance  the worker: sweeps that look across tenants, and what removes rows and partitions
 *   sluice_capture      logins of applications that capture events (migrations/outbox/inbox.sql)
 *   sluice_monitor      logins that read the view outbox_events: no function at all
 *   sluice_analyst      logins that read the views of the schema mirror, of the workspaces to which they are bound
 */

export const ROLES = [
  'sluice_app',
  'sluice_maintenance',
  'sluice_capture',
  'sluice_monitor',
  'sluice_analyst',
];

/** Those of migrations/outbox/inbox.sql. */
const INBOX_FUNCTIONS = ['outbox_inbox_accepts', 'sluice_capture', 'sluice_track_event'];

/**
 * Functions that files of earlier versions made, and who may execute them: processes of those go on during an upgrade.
 */
const FORMER_FUNCTIONS: Readonly<Record<string, string>> = {
  claim_pack: 'sluice_app',
  ensure_daily_partitions: 'sluice_maintenance',
  ensure_history_partitions: 'sluice_maintenance',
  forget_installs: 'sluice_maintenance',
  grant_releases: 'sluice_app',
  outbox_enqueue: 'sluice_app',
  outbox_standing: 'sluice_app',
  packs_to_finish: 'sluice_maintenance',
  packs_to_nudge: 'sluice_maintenance',
  stray_lanes: 'sluice_maintenance',
  tidy_call_counts: 'sluice_maintenance',
  tidy_outbox: 'sluice_maintenance',
  tidy_throttle: 'sluice_maintenance',
  token_standing: 'sluice_app',
};

export async function ensureRoles(client: pg.Client): Promise<void> {
  for (const role of ROLES)
    await client.query(
      `DO $$ BEGIN CREATE ROLE ${role} NOLOGIN NOBYPASSRLS; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`,
    );
}

/**
 * Takes every right on functions away from everybody: in the transaction in which the functions' files give it to
 * those who need it. What the owner makes from now on is nobody's either.
 */
export async function denyFunctions(client: pg.Client, names: readonly string[]): Promise<void> {
  await client.query('ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC');
  const { rows } = await client.query<{ name: string; signature: string }>(
    `SELECT proname AS name, oid::regprocedure::text AS signature FROM pg_proc
      WHERE pronamespace = 'public'::regnamespace AND proname = ANY ($1)`,
    [[...names, ...INBOX_FUNCTIONS, ...Object.keys(FORMER_FUNCTIONS)]],
  );
  for (const { name, signature } of rows) {
    await client.query(`REVOKE EXECUTE ON FUNCTION ${signature} FROM PUBLIC, ${ROLES.join(', ')}`);
    const role = FORMER_FUNCTIONS[name];
    if (role !== undefined) await client.query(`GRANT EXECUTE ON FUNCTION ${signature} TO ${role}`);
  }
}

/**
 * Functions that look across tenants run as sluice_system, in which nobody logs in, and call others of ours. After the
 * functions' files.
 */
export async function admitSystem(client: pg.Client, names: readonly string[]): Promise<void> {
  await client.query(
    `DO $$ DECLARE f record; BEGIN
       FOR f IN SELECT oid::regprocedure AS signature FROM pg_proc
                 WHERE pronamespace = 'public'::regnamespace AND proname = ANY (string_to_array('${names.join(',')}', ',')) LOOP
         EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO sluice_system', f.signature);
       END LOOP;
     END $$`,
  );
}

/**
 * Makes the logins of API and worker members of their roles. A worker without a login of its own has that of the API,
 * which may do maintenance then, too; once it has one, the API's no longer may.
 */
export async function admitLogins(
  client: pg.Client,
  urls: { appUrl: Secret; workerUrl?: Secret | undefined },
): Promise<void> {
  await client.query('GRANT USAGE ON SCHEMA drizzle TO sluice_app');
  await client.query('GRANT SELECT ON drizzle.__drizzle_migrations TO sluice_app'); // readiness compares versions
  await client.query(
    'REVOKE INSERT, UPDATE, DELETE ON outbox_capture_portals, installations, crm_sql_logins FROM sluice_app',
  );
  const [api, worker] = [urls.appUrl, urls.workerUrl ?? urls.appUrl].map((url) =>
    decodeURIComponent(new URL(url.reveal()).username),
  ) as [string, string];
  const { rows } = await client.query<{ login: string; super: boolean }>(
    'SELECT rolname AS login, rolsuper AS super FROM pg_roles WHERE rolname = ANY ($1)',
    [[api, worker]],
  );
  if (urls.workerUrl && !rows.some(({ login }) => login === worker))
    throw new AppError(
      'not_found',
      `There is no login ${worker}, which DATABASE_WORKER_URL names: CREATE ROLE ${client.escapeIdentifier(worker)} LOGIN PASSWORD '…', and run this again`,
    );
  for (const { login, super: isSuper } of rows) {
    if (isSuper) continue;
    const name = client.escapeIdentifier(login);
    await client.query(`GRANT sluice_app TO ${name}`);
    if (login === worker) await client.query(`GRANT sluice_maintenance TO ${name}`);
    else await client.query(`REVOKE sluice_maintenance FROM ${name}`);
  }
}

/**
 * Only our roles may connect, where the database is the owner's and holds nothing of others: an application that
 * shares it would be shut out. Returns what is left to be decided by a person.
 */
export async function denyConnections(client: pg.Client): Promise<string | undefined> {
  const { rows } = await client.query<{ database: string; may: boolean; shared: boolean; open: boolean }>(
    `SELECT quote_ident(d.datname) AS database, pg_has_role(current_user, d.datdba, 'USAGE') AS may,
            EXISTS (
              SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
                 AND (n.nspname NOT IN ('public', 'drizzle', 'mirror') OR c.relowner NOT IN (current_user::regrole, 'sluice_system'::regrole))
                 AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
            ) AS shared,
            has_database_privilege('public', d.oid, 'CONNECT') AS open
       FROM pg_database d WHERE d.datname = current_database()`,
  );
  const [row] = rows;
  if (!row) throw new Error('The database does not know its own name');
  const { database, may, shared, open } = row;
  if (may) await client.query(`GRANT CONNECT ON DATABASE ${database} TO ${ROLES.join(', ')}`);
  if (!open) return undefined;
  if (may && !shared) {
    await client.query(`REVOKE CONNECT ON DATABASE ${database} FROM PUBLIC`);
    return undefined;
  }
  const why = shared ? 'it holds tables of others, too' : 'its owner is another login';
  return (
    `Every login of the server may connect to the database ${database}: ${why}. ` +
    `Where only Sluice needs it: GRANT CONNECT ON DATABASE ${database} TO ${ROLES.join(', ')}; REVOKE CONNECT ON DATABASE ${database} FROM PUBLIC`
  );
}
