import type pg from 'pg';
import { AppError } from '../platform/errors.js';
import { ROLES } from './defaultDeny.js';

const OWN_ROLES = [...ROLES, 'sluice_system'];
/** Those that a migration gives to logins, or takes for itself; the others are given away by people. */
const HANDED_ON = ['sluice_app', 'sluice_maintenance', 'sluice_system'];

interface Rights {
  readonly login: string;
  readonly database: string;
  readonly superuser: boolean;
  /** May make schemas in this database, and tables in its schema `public`. */
  readonly builds: boolean;
  readonly makesRoles: boolean;
  readonly missing: readonly string[];
  /** Roles of ours that are there, and that this login may not hand on. */
  readonly withheld: readonly string[];
}

/**
 * Looks whether this login may migrate, before anything is changed. Where it may not, throws an AppError with the
 * statement for somebody who may: Postgres would name the first right that is missing, and not how to get it.
 */
export async function requireOwnersRights(client: pg.Client): Promise<void> {
  const { login, database, superuser, builds, makesRoles, missing, ...rights } = await rightsOf(client);
  if (superuser) return;
  const withheld = rights.withheld.some((role) => HANDED_ON.includes(role)) ? rights.withheld : [];
  const needed: string[] = [];
  if (!builds) needed.push(`ALTER DATABASE ${database} OWNER TO ${login}`);
  if (missing.length > 0 && !makesRoles) needed.push(`ALTER ROLE ${login} CREATEROLE`);
  if (withheld.length > 0) needed.push(`GRANT ${withheld.join(', ')} TO ${login} WITH ADMIN OPTION`);
  if (needed.length === 0) return;
  const why = [
    ...(builds ? [] : [`it does not own the database ${database}`]),
    ...(missing.length > 0 && !makesRoles
      ? [`it may not make roles, and there is no ${missing.join(', ')}`]
      : []),
    ...(withheld.length > 0
      ? [`another Sluice of this server made the roles ${withheld.join(', ')}, and it may not hand them on`]
      : []),
  ];
  throw new AppError(
    'forbidden',
    `The login ${login} of DATABASE_ADMIN_URL may not migrate: ${why.join('; ')}. Somebody who may (a superuser) runs: ${needed.join('; ')}. Then run this again; nothing was changed`,
  );
}

async function rightsOf(client: pg.Client): Promise<Rights> {
  // Since 16 CREATEROLE alone does not let a login hand on roles that others have made.
  const { rows } = await client.query<Rights>(
    `SELECT quote_ident(current_user) AS login, quote_ident(current_database()) AS database, me.rolsuper AS superuser,
            has_database_privilege(current_database(), 'CREATE') AND has_schema_privilege('public', 'CREATE') AS builds,
            me.rolcreaterole AS "makesRoles",
            array(SELECT r FROM unnest($1::text[]) r WHERE to_regrole(r) IS NULL) AS missing,
            array(SELECT r FROM unnest($1::text[]) r
                   WHERE to_regrole(r) IS NOT NULL
                     AND NOT pg_has_role(to_regrole(r), 'MEMBER WITH ADMIN OPTION')
                     AND NOT (me.rolcreaterole AND current_setting('server_version_num')::int < 160000)) AS withheld
       FROM pg_roles me WHERE me.rolname = current_user`,
    [OWN_ROLES],
  );
  const [row] = rows;
  if (!row) throw new Error('The database does not know who asks');
  return row;
}
