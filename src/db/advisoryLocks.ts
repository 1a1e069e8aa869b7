import type { Queryable } from './pool.js';

/*
 * Every advisory lock that Sluice takes, so that no two of them are the same by accident. A number means nothing, and
 * stays: an inbox in an application's database, or a process of another version, may use it. SQL files write the same
 * number or name; a test holds them against this list.
 */

const numbered = (number: number) => String(number);
/** A lock for each of many: its SQL, with the parameters that name the one. */
const named =
  (name: string) =>
  (...parameters: readonly string[]) =>
    `hashtextextended('${name}/' || ${parameters.map((one) => `${one}::text`).join(` || '/' || `)}, 0)`;

export const ADVISORY_LOCKS = {
  /** One migration at a time. */
  migration: numbered(7_526_478_923),
  /** One test process makes the template of the databases of tests. */
  testTemplate: numbered(7_526_478_924),
  /** Two set-ups at once must not make two workspaces: default_workspace.sql. */
  defaultWorkspace: numbered(7_526_478_925),
  // 7526478926 was taken by captures of earlier releases, whose inboxes may still do so.
  /** One dispatcher at a time moves events out of an inbox in another database. */
  foreignInbox: numbered(7_526_478_927),
  /** One rotation of keys at a time. */
  keyRotation: numbered(7_526_478_928),
  // 7526478929 was taken by processes that try out sessions, and any login could hold it.
  /** Tells at the start whether a pooler clears sessions, each trial by a lock of its own: sharedSessions.ts. */
  sessionTrial: named('session_trial'),
  /** One change at a time of who holds a portal. */
  portal: named('portal'),
  /** The process that may refresh a portal's token: claim_token_refreshes.sql. */
  token: named('token'),
  /** Lanes of a portal are made under it, shared, and rates of its actions set, alone: neither misses the other. */
  actionRates: named('action_rates'),
  /** Of requests with one Idempotency-Key, the one that is under way. */
  request: named('request'),
  /** One change at a time of which portals have a Schedule of their own: they are counted. */
  portalSchedules: numbered(7_526_478_930),
  /** One new consumer of the feed of a workspace at a time: they are counted. */
  consumers: named('crm_consumers'),
  /** One new version at a time of a mapping. */
  mapping: named('outbox_mappings'),
} as const;

/** Takes a lock for the session of `connection`, if nobody has it. */
export async function tryLock(connection: Queryable, key: string): Promise<boolean> {
  const { rows } = await connection.query<{ taken: boolean }>(`SELECT pg_try_advisory_lock(${key}) AS taken`);
  return rows[0]?.taken ?? false;
}

export async function unlock(connection: Queryable, key: string): Promise<void> {
  await connection.query(`SELECT pg_advisory_unlock(${key})`);
}

/**
 * Who has a lock, in words for the person who waits for it: application name, process of the database and login, which
 * every login may read of every session. Undefined: nobody any more.
 */
export async function lockHolder(db: Queryable, key: string): Promise<string | undefined> {
  const { rows } = await db.query<{ pid: number; application: string; login: string }>(
    `SELECT l.pid, coalesce(nullif(a.application_name, ''), 'a session without a name') AS application, coalesce(a.usename, '?') AS login
       FROM pg_locks l
       JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
       LEFT JOIN pg_stat_activity a ON a.pid = l.pid
      WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted AND l.pid <> pg_backend_pid()
        AND (l.classid::bigint << 32 | l.objid::bigint) = ${key}
      ORDER BY l.pid LIMIT 1`,
  );
  const [row] = rows;
  return row && `${row.application}, process ${row.pid} of the database (login ${row.login})`;
}
