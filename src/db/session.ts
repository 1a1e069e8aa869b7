import type pg from 'pg';

/*
 * What a session is to be, whatever the defaults of the server, the database, the login or a pooler are: times that the
 * driver reads, numbers with all their digits, READ COMMITTED, on which the locks of our statements rest. It is set
 * after the connection was made: a pooler such as PgBouncer refuses connections with start-up parameters that it does
 * not know.
 */

/** Of any session that reads values. */
const READING = {
  client_encoding: 'UTF8',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  bytea_output: 'hex',
  extra_float_digits: '1',
  standard_conforming_strings: 'on',
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  array_nulls: 'on',
  transform_null_equals: 'off',
  exit_on_error: 'off',
  // Our own time-outs rule; what others need for theirs must not end our connections.
  lock_timeout: '0',
  idle_session_timeout: '0',
  idle_in_transaction_session_timeout: '0',
} as const;

/** Where the server has them: not every version does. */
const WHERE_THERE = { transaction_timeout: '0' } as const; // Postgres 17

/** Of one in our own database, whose tables and functions stand in `public`. */
const OWN = {
  search_path: 'public',
  row_security: 'on',
  // Of the partitions that we make each day.
  default_table_access_method: 'heap',
  // Compiling plans costs more than any of our short statements.
  jit: 'off',
} as const;

export interface SessionOptions {
  /** In milliseconds; 0: none. */
  readonly statementTimeoutMs: number;
  /** Whose database it is; in an application's the tables stand where its login finds them. */
  readonly database?: 'own' | 'foreign' | undefined;
  /** Acts as this role, of which the login must be a member. */
  readonly role?: string | undefined;
  readonly more?: Readonly<Record<string, string>>;
}

/**
 * Makes the session of a connection what it is to be: one message, before anything else is asked. Returns the number of
 * its server process, which behind a pooler is not the one that the client was told.
 */
export async function settleSession(
  client: Pick<pg.ClientBase, 'query'>,
  options: SessionOptions,
): Promise<number> {
  const statements = `${sessionStatements(options)}; SELECT pg_backend_pid() AS pid`;
  // pg gives a list, one for each statement, and has no type for it.
  const results = (await client.query(statements)) as unknown as readonly pg.QueryResult<{ pid: number }>[];
  return results.at(-1)?.rows[0]?.pid ?? 0;
}

export function sessionStatements({
  statementTimeoutMs,
  database = 'own',
  role,
  more = {},
}: SessionOptions): string {
  const settings = {
    ...READING,
    ...(database === 'own' && OWN),
    statement_timeout: String(Math.round(statementTimeoutMs)),
    ...more,
  };
  const statements = Object.entries(settings).map(([name, value]) =>
    name === 'search_path' ? `SET ${name} = ${value}` : `SET ${name} = '${value}'`,
  );
  for (const [name, value] of Object.entries(WHERE_THERE))
    statements.push(`SELECT set_config(name, '${value}', false) FROM pg_settings WHERE name = '${name}'`);
  // A 2xx promises what is on disk (docs/laws.md, law 1). What waits for more than that may stay.
  statements.push(
    `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`,
  );
  if (role !== undefined) statements.push(`SET ROLE "${role.replaceAll('"', '""')}"`);
  return statements.join('; ');
}
