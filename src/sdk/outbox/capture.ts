import { sql } from 'drizzle-orm';
import { ARGUMENTS, FUNCTION, captureCall, takesSubmittables, type SubmittingClient } from './captureCall.js';

/*
 * Capturing: an INSERT into the inbox, on the application's connection and in its transaction. No row that others
 * touch is read or locked, so callers never wait for one another.
 *
 * In a transaction the INSERT must not kill it when the database refuses the row: Postgres answers the COMMIT of a
 * dead transaction with a ROLLBACK that looks like success. Two ways, neither costs a further round trip:
 *  - between SAVEPOINT and RELEASE, all in one message, which the database parses anew each time;
 *  - by `sluice_capture`, which catches the refusal, as a prepared statement: a third less work. A prepared
 *    statement that is not there would kill the transaction, so this is done only on connections that have shown, with
 *    their first event, that they have the function and reach the database directly: behind a pooler of transactions
 *    (pgbouncer) the next statement may reach another backend.
 * More than 64 subtransactions in one transaction slow down the snapshots of others; who captures so many events in
 * one turns the protection off and gets an exception instead.
 */

/** What of a `pg` client or pool is used. */
export interface PgLike {
  /** Sends a statement. */
  query(text: string, values?: unknown[]): Promise<unknown>;
  /** `T` in a transaction, `E` in one that was aborted, `I` in none: newer versions of `pg` have it. */
  getTransactionStatus?(): string | null;
  /** Of the backend, as the server told when the connection was made. */
  readonly processID?: number | null;
  /** Pools have it. */
  readonly totalCount?: number;
}

/** What of a drizzle database or transaction is used. */
export interface DrizzleLike {
  /** Sends a statement that was made with drizzle's `sql`. */
  execute(query: never): PromiseLike<unknown>;
  /** Transactions have it. */
  rollback?: unknown;
}

/** The transaction of the caller, or a connection in one. */
export type Transaction = PgLike | DrizzleLike;

export interface InboxRow {
  readonly type: string;
  /** JSON. */
  readonly payload: string;
  readonly eventKey: string | null;
  readonly orderingKey: string | null;
  readonly portalId: number | null;
  readonly occurredAt: string | null;
  readonly version: number | null;
  readonly note: string | null;
}

export interface Inbox {
  /** Schema-qualified where the table is not on the search path: `sluice.outbox_inbox`. */
  readonly table: string;
  readonly savepoint: boolean;
}

export type Capture =
  | { readonly ok: true; readonly id: string }
  /** The event was not written. `transaction`: whether the caller's transaction can go on. */
  | { readonly ok: false; readonly error: unknown; readonly transaction: 'usable' | 'aborted' };

const COLUMNS = 'type, payload, event_key, ordering_key, portal_id, occurred_at, version, note';
const NO_TRANSACTION = '25P01';
const ABORTED = '25P02';

/** Writes one event. Does not throw for what the database says. */
export async function insertIntoInbox(tx: Transaction, row: InboxRow, inbox: Inbox): Promise<Capture> {
  const isOwn = inbox.savepoint && inbox.table === OWN_TABLE;
  if (isOwn && mayBeCalled(tx)) return callFunction(tx, row);
  const run = executorOf(tx);
  if (!run) return { ok: false, error: new TypeError(NO_CONNECTION), transaction: 'usable' };
  if (run.status() === 'aborted') return { ok: false, error: new Error(DEAD), transaction: 'aborted' };
  if (!inbox.savepoint || run.status() === 'none') return insertPlainly(run, row, inbox);
  const { connection } = run;
  const asks =
    isOwn && connection !== undefined && !callable.has(connection) && takesSubmittables(connection);
  let result: unknown;
  try {
    result = await run.text(savepointed(row, inbox.table) + (asks ? `; ${CAN_CALL}` : ''));
  } catch (error) {
    const code = codeOf(error);
    // Outside a transaction there is nothing to protect, and nothing has been written.
    if (code === NO_TRANSACTION) return insertPlainly(run, row, inbox);
    // The caller's transaction had failed before: only the caller can end it.
    if (code === ABORTED) return { ok: false, error, transaction: 'aborted' };
    return { ok: false, error, transaction: await restored(run) };
  }
  // The row is written: from here on nothing is undone, whatever the driver shows of it.
  if (asks) callable.set(connection, canCall(result, connection));
  return written(textIn(result, 'id') ?? (await askedFor(run)));
}

/** Of several statements in one message some drivers show nothing (TypeORM): then the id is asked for by itself. */
async function askedFor(run: Executor): Promise<string | undefined> {
  try {
    return textIn(await run.text(WRITTEN_ID), 'id');
  } catch {
    return undefined; // the connection is gone, and the transaction with it: the caller's next statement says so
  }
}

function written(id: string | undefined): Capture {
  return id === undefined || id === ''
    ? { ok: false, error: new TypeError(NO_ID), transaction: 'usable' }
    : { ok: true, id };
}

const OWN_TABLE = 'outbox_inbox';

/**
 * Whether `sluice_capture` may be called on this connection as a prepared statement; one that has captured nothing
 * yet is not in here.
 */
const callable = new WeakMap<PgLike, boolean>();

function mayBeCalled(tx: Transaction): tx is PgLike & SubmittingClient {
  if (!callable.get(tx as PgLike)) return false;
  const status = statusOf(tx as PgLike);
  return status === 'open' || status === 'unknown';
}

/** Rides with the first event of a connection. The function must write into the table that the name means here. */
const CAN_CALL = `SELECT pg_backend_pid() AS pid, to_regclass('${OWN_TABLE}') = to_regclass('public.${OWN_TABLE}') AND
  (SELECT has_function_privilege(f, 'EXECUTE') FROM to_regprocedure('${FUNCTION}(${ARGUMENTS})') f) AS callable`;

function canCall(result: unknown, { processID }: PgLike): boolean {
  const row = findRow(result, 'pid');
  return row !== undefined && row['callable'] === true && processID === row['pid'];
}

async function callFunction(connection: PgLike & SubmittingClient, row: InboxRow): Promise<Capture> {
  try {
    const id = await captureCall(connection, valuesOf(row));
    if (id === null) throw new TypeError(NO_ID);
    if (!id.startsWith('!')) return { ok: true, id };
    const error = Object.assign(new Error(REFUSED), { code: id.slice(1) });
    return { ok: false, error, transaction: 'usable' };
  } catch (error) {
    // The connection is gone, or somebody has removed the function or the prepared statement meanwhile.
    callable.set(connection, false);
    return { ok: false, error, transaction: 'aborted' };
  }
}

async function insertPlainly(run: Executor, row: InboxRow, { table }: Inbox): Promise<Capture> {
  try {
    return { ok: true, id: idOf(await run.insert(row, tableName(table))) };
  } catch (error) {
    return { ok: false, error, transaction: run.status() === 'none' ? 'usable' : 'aborted' };
  }
}

async function restored(run: Executor): Promise<'usable' | 'aborted'> {
  try {
    await run.text(`ROLLBACK TO SAVEPOINT ${SAVEPOINT}; RELEASE SAVEPOINT ${SAVEPOINT}`);
    return 'usable';
  } catch {
    return 'aborted'; // the connection is gone, and the transaction with it: the caller's next statement says so
  }
}

const SAVEPOINT = 'sluice_event';
/** Of the transaction. It cannot fail, which would kill the transaction. */
const WRITTEN_ID = `SELECT current_setting('sluice.captured', true) AS id`;
const NO_CONNECTION = 'a pg client or pool, or a drizzle database or transaction, is needed';
const NO_ID = 'The driver gave no id for the event that was written';
const REFUSED = 'the database refused the row';
const DEAD = 'the transaction was aborted by an earlier error before the event came';

/** One message of three statements: those take no parameters, so the values stand in it as literals. */
function savepointed(row: InboxRow, table: string): string {
  const values = [
    literal(row.type),
    `${literal(row.payload)}::jsonb`,
    literal(row.eventKey),
    literal(row.orderingKey),
    literal(asText(row.portalId)),
    literal(row.occurredAt),
    literal(asText(row.version)),
    literal(row.note),
  ].join(', ');
  const insert = `INSERT INTO ${tableName(table)} (${COLUMNS}) VALUES (${values}) RETURNING id`;
  const keep = `SELECT set_config('sluice.captured', id::text, true) AS id FROM event`;
  return `SAVEPOINT ${SAVEPOINT}; WITH event AS (${insert}) ${keep}; RELEASE SAVEPOINT ${SAVEPOINT}`;
}

/** A text as a literal that means the same under either setting of standard_conforming_strings, as libpq writes it. */
export function literal(text: string | null): string {
  if (text === null) return 'NULL';
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}

/** `schema.table` or `table`, quoted. */
function tableName(name: string): string {
  return name
    .split('.')
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.');
}

interface Executor {
  /** Undefined for pools and for drizzle, whose connection is not known here. */
  readonly connection: PgLike | undefined;
  /** Statements without parameters, in one message. */
  text(statements: string): PromiseLike<unknown>;
  insert(row: InboxRow, table: string): PromiseLike<unknown>;
  status(): TransactionStatus;
}

type TransactionStatus = 'none' | 'open' | 'aborted' | 'unknown';

function executorOf(tx: Transaction): Executor | undefined {
  // Whoever calls without TypeScript may pass anything.
  if (typeof tx !== 'object' || (tx as unknown) === null) return undefined;
  if ('execute' in tx && typeof tx.execute === 'function') return drizzleExecutor(tx);
  if ('query' in tx && typeof tx.query === 'function') return pgExecutor(tx);
  return undefined;
}

function pgExecutor(client: PgLike): Executor {
  const isPool = typeof client.totalCount === 'number';
  return {
    connection: isPool ? undefined : client,
    text: (statements) => client.query(statements),
    insert: (row, table) =>
      client.query(
        `INSERT INTO ${table} (${COLUMNS}) VALUES ($1, $2::text::jsonb, $3, $4, $5, $6, $7, $8) RETURNING id`,
        valuesOf(row),
      ),
    status: () => (isPool ? 'none' : statusOf(client)),
  };
}

function statusOf(client: PgLike): TransactionStatus {
  switch (client.getTransactionStatus?.()) {
    case 'I':
      return 'none';
    case 'T':
      return 'open';
    case 'E':
      return 'aborted';
    default:
      return 'unknown';
  }
}

function drizzleExecutor(database: DrizzleLike): Executor {
  const execute = database.execute.bind(database) as (query: unknown) => PromiseLike<unknown>;
  return {
    connection: undefined,
    text: (statements) => execute(sql.raw(statements)),
    insert: (row, table) =>
      execute(
        sql`INSERT INTO ${sql.raw(table)} (${sql.raw(COLUMNS)}) VALUES (${row.type}, ${row.payload}::text::jsonb, ${row.eventKey}, ${row.orderingKey}, ${row.portalId}, ${row.occurredAt}, ${row.version}, ${row.note}) RETURNING id`,
      ),
    status: () => (database.rollback === undefined ? 'none' : 'unknown'),
  };
}

function valuesOf(row: InboxRow): (string | null)[] {
  const { type, payload, eventKey, orderingKey, portalId, occurredAt, version, note } = row;
  return [type, payload, eventKey, orderingKey, asText(portalId), occurredAt, asText(version), note];
}

const asText = (value: number | null) => (value === null ? null : String(value));

/** The id in whatever form the driver gives results. */
function idOf(result: unknown): string {
  const id = textIn(result, 'id');
  if (id === undefined) throw new TypeError(NO_ID);
  return id;
}

function textIn(result: unknown, column: string): string | undefined {
  const value = findRow(result, column)?.[column];
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
    ? String(value)
    : undefined;
}

/** The first row with this column: of one result, of a list of them, or of a list of rows. */
function findRow(result: unknown, column: string): Record<string, unknown> | undefined {
  if (Array.isArray(result)) {
    for (const entry of result) {
      const row = findRow(entry, column);
      if (row !== undefined) return row;
    }
    return undefined;
  }
  if (typeof result !== 'object' || result === null) return undefined;
  if ('rows' in result && Array.isArray(result.rows)) return findRow(result.rows, column);
  return column in result ? (result as Record<string, unknown>) : undefined;
}

/** The SQLSTATE of an error; drizzle wraps the driver's. */
function codeOf(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code;
  }
  return undefined;
}
