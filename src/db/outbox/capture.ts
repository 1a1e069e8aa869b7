import { sql } from 'drizzle-orm';

/*
 * The one statement of capturing: an INSERT into the inbox, on the application's connection and in its transaction. No row that others
 * touch is read or locked, so callers never wait for one another.
 *
 * In a transaction the INSERT stands between SAVEPOINT and RELEASE, all three in one message: if the database refuses it, we go back to the savepoint
 * and the caller's transaction goes on. Without that the transaction would be dead, and Postgres answers the COMMIT of a dead
 * transaction with a ROLLBACK that looks like success. It costs no further round trip and some 10 µs; who captures very many events in
 * one transaction turns it off (more than 64 subtransactions slow down the snapshots of others) and gets an exception instead.
 */

/** What of a `pg` client or pool is used. */
export interface PgLike {
  query(text: string, values?: unknown[]): Promise<unknown>;
  getTransactionStatus?(): string | null;
  /** Pools have it. */
  readonly totalCount?: number;
}

/** What of a drizzle database or transaction is used. */
export interface DrizzleLike {
  execute(query: never): PromiseLike<unknown>;
  /** Transactions have it. */
  rollback?: unknown;
}

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
  /** The event was not written. `transaction`: whether the caller’s transaction can go on. */
  | { readonly ok: false; readonly error: unknown; readonly transaction: 'usable' | 'aborted' };

const COLUMNS = 'type, payload, event_key, ordering_key, portal_id, occurred_at, version, note';
const NO_TRANSACTION = '25P01';
const ABORTED = '25P02';

/** Writes one event. Does not throw for what the database says. */
export async function insertIntoInbox(tx: Transaction, row: InboxRow, inbox: Inbox): Promise<Capture> {
  const run = executorOf(tx);
  if (!run) return { ok: false, error: new TypeError(NO_CONNECTION), transaction: 'usable' };
  if (run.status() === 'aborted') return { ok: false, error: new Error(DEAD), transaction: 'aborted' };
  if (!inbox.savepoint || run.status() === 'none') return insertPlainly(run, row, inbox);
  try {
    return { ok: true, id: idOf(await run.text(savepointed(row, inbox.table))) };
  } catch (error) {
    const code = codeOf(error);
    // Outside a transaction there is nothing to protect, and nothing has been written.
    if (code === NO_TRANSACTION) return insertPlainly(run, row, inbox);
    // The caller’s transaction had failed before: only the caller can end it.
    if (code === ABORTED) return { ok: false, error, transaction: 'aborted' };
    return { ok: false, error, transaction: await restored(run) };
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
    return 'aborted'; // the connection is gone, and the transaction with it: the caller’s next statement says so
  }
}

const SAVEPOINT = 'sluice_event';
const NO_CONNECTION = 'a pg client or pool, or a drizzle database or transaction, is needed';
const DEAD = 'the transaction was aborted by an earlier error before the event came';

/** One message of three statements: those take no parameters, so the values stand in it as literals. */
function savepointed(row: InboxRow, table: string): string {
  const values = [
    literal(row.type),
    `${literal(row.payload)}::jsonb`,
    literal(row.eventKey),
    literal(row.orderingKey),
    literal(row.portalId === null ? null : String(row.portalId)),
    literal(row.occurredAt),
    literal(row.version === null ? null : String(row.version)),
    literal(row.note),
  ].join(', ');
  return `SAVEPOINT ${SAVEPOINT}; INSERT INTO ${tableName(table)} (${COLUMNS}) VALUES (${values}) RETURNING id; RELEASE SAVEPOINT ${SAVEPOINT}`;
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
  /** Statements without parameters, in one message. */
  text(statements: string): PromiseLike<unknown>;
  insert(row: InboxRow, table: string): PromiseLike<unknown>;
  status(): 'none' | 'open' | 'aborted' | 'unknown';
}

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
    text: (statements) => client.query(statements),
    insert: (row, table) =>
      client.query(
        `INSERT INTO ${table} (${COLUMNS}) VALUES ($1, $2::text::jsonb, $3, $4, $5, $6, $7, $8) RETURNING id`,
        valuesOf(row),
      ),
    status() {
      if (isPool) return 'none';
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
    },
  };
}

function drizzleExecutor(database: DrizzleLike): Executor {
  const execute = database.execute.bind(database) as (query: unknown) => PromiseLike<unknown>;
  return {
    text: (statements) => execute(sql.raw(statements)),
    insert: (row, table) =>
      execute(
        sql`INSERT INTO ${sql.raw(table)} (${sql.raw(COLUMNS)}) VALUES (${row.type}, ${row.payload}::text::jsonb, ${row.eventKey}, ${row.orderingKey}, ${row.portalId}, ${row.occurredAt}, ${row.version}, ${row.note}) RETURNING id`,
      ),
    status: () => (database.rollback === undefined ? 'none' : 'unknown'),
  };
}

function valuesOf(row: InboxRow): unknown[] {
  const { type, payload, eventKey, orderingKey, portalId, occurredAt, version, note } = row;
  return [type, payload, eventKey, orderingKey, portalId, occurredAt, version, note];
}

/** The id in whatever form the driver gives results: one, or a list of them, or a list of rows. */
function idOf(result: unknown): string {
  const id = findId(result);
  if (id === undefined) throw new TypeError('The driver gave no id for the event that was written');
  return id;
}

function findId(result: unknown): string | undefined {
  if (Array.isArray(result)) {
    for (const entry of result) {
      const id = findId(entry);
      if (id !== undefined) return id;
    }
    return undefined;
  }
  if (typeof result !== 'object' || result === null) return undefined;
  if ('rows' in result && Array.isArray(result.rows)) return findId(result.rows);
  const id = 'id' in result ? result.id : undefined;
  return typeof id === 'string' || typeof id === 'number' || typeof id === 'bigint' ? String(id) : undefined;
}

/** The SQLSTATE of an error; drizzle wraps the driver’s. */
function codeOf(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code;
  }
  return undefined;
}
