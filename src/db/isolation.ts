import type { Queryable } from './pool.js';

/** Why row-level security would not hold the login of this connection, as the end of a sentence. Undefined: it does. */
export async function wayAroundIsolation(db: Queryable): Promise<string | undefined> {
  const { rows } = await db.query<{ way: string | null }>(
    `SELECT CASE WHEN r.rolsuper THEN 'is a superuser'
                 WHEN r.rolbypassrls THEN 'has BYPASSRLS'
                 WHEN EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
                   AND c.relkind IN ('r', 'p')
                                 AND pg_has_role(r.oid, c.relowner, 'MEMBER')) THEN 'owns tables'
                 WHEN pg_has_role(r.oid, 'sluice_system', 'MEMBER') THEN 'is a member of sluice_system' END AS way
       FROM pg_roles r WHERE r.rolname = session_user`,
  );
  return rows[0]?.way ?? undefined;
}
