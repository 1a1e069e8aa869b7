import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { AppError } from '../../platform/errors.js';
import type { Secret } from '../../platform/secret.js';
import { adoptInstallation, readInstallation } from '../installation/installations.js';
import { END_OF_ROWS, headerSchema, partSchema, type BackupSize, type Part } from './format.js';
import { backupTables, refuseBlindLogin, schemaVersion, sequences, type BackupTable } from './tables.js';
import { settleSession } from '../session.js';

const GONE_WITHIN_MS = 3000;
/** Tables in which each row is somebody's work: where one has rows, the database is in use. */
const IN_USE = ['portals', 'executions', 'outbox_pending', 'outbox_inbox'];

/**
 * Puts a backup into a database of the same version that has been migrated and holds nothing yet (or what may be
 * replaced): all of it, or nothing. Nothing else may be connected. `adminUrl`: the owner's.
 */
export async function readBackup(
  adminUrl: Secret,
  input: Readable,
  { replace, said = () => {} }: { replace: boolean; said?: (table: string, rows: number) => void },
): Promise<BackupSize> {
  const client = new pg.Client({
    connectionString: adminUrl.reveal(),
    application_name: 'sluice-restore',
  });
  await client.connect();
  try {
    await settleSession(client, { statementTimeoutMs: 0 });
    await refuseBlindLogin(client);
    const lines = linesOf(input);
    const next = async () => {
      const line = await lines.next();
      if (line.done) throw new AppError('invalid_input', 'The backup is cut short: nothing was restored');
      return line.value;
    };
    await refuseOtherVersion(client, await next());
    await refuseCompany(client);
    if (!replace) await refuseUsed(client);
    await client.query('BEGIN');
    const size = await restore(client, next, said);
    await client.query('COMMIT');
    return size;
  } finally {
    await client.end();
  }
}

/** readline would never end where the stream fails. */
async function* linesOf(input: Readable): AsyncGenerator<string, void> {
  let rest = '';
  for await (const chunk of input.setEncoding('utf8')) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

async function restore(
  client: pg.Client,
  next: () => Promise<string>,
  said: (table: string, rows: number) => void,
): Promise<BackupSize> {
  // What was numbered here since the backup was made is known at HubSpot: those numbers are not given again.
  const lastKnown = (await readInstallation(client))?.lastEventId ?? 0;
  const tables = await backupTables(client);
  const names = tables.map(({ name }) => client.escapeIdentifier(name));
  // COPY does not go into a table whose row-level security holds its owner, too; `isolate_tenants` forces it again.
  for (const name of names) await client.query(`ALTER TABLE ${name} NO FORCE ROW LEVEL SECURITY`);
  await client.query(`TRUNCATE ${names.join(', ')}`);
  const numbered: SequencePart[] = [];
  let all = 0;
  for (;;) {
    const part = partOf(await next());
    if ('end' in part) {
      const found = { tables: part.end.tables, rows: all };
      if (all !== part.end.rows)
        throw new AppError('invalid_input', `The backup has ${all} rows and says ${part.end.rows}`);
      await client.query('SELECT isolate_tenants()');
      for (const sequence of numbered) await liftSequence(client, sequence);
      const seen = (await readInstallation(client))?.id;
      await adoptInstallation(client, { seen, reason: 'It was restored from a backup', lastKnown });
      return found;
    }
    if ('sequence' in part) {
      numbered.push(part);
      continue;
    }
    const rows = await copyRows(client, known(part, tables), next);
    all += rows;
    said(part.table, rows);
  }
}

type SequencePart = Extract<Part, { sequence: string }>;

/**
 * At the very end, and never back: a rollback does not undo what was done to a sequence, and numbers that were given
 * here since the backup was made are known elsewhere.
 */
async function liftSequence(client: pg.Client, { sequence, value }: SequencePart): Promise<void> {
  if (!(await sequences(client)).includes(sequence))
    throw new AppError('invalid_input', `The backup has a sequence ${sequence} that is not here`);
  const name = client.escapeIdentifier(sequence);
  await client.query(`SELECT setval($1::regclass, greatest(last_value, $2::bigint)) FROM ${name}`, [
    name,
    value,
  ]);
}

/** The table as the database has it: names of a file become no SQL. */
function known(part: { table: string; columns: string[] }, tables: readonly BackupTable[]): BackupTable {
  const table = tables.find(({ name }) => name === part.table);
  if (!table || table.columns.join() !== part.columns.join())
    throw new AppError('invalid_input', `The backup has a table ${part.table} that is another one here`);
  return table;
}

async function copyRows(
  client: pg.Client,
  { name, columns }: BackupTable,
  next: () => Promise<string>,
): Promise<number> {
  const list = columns.map((column) => client.escapeIdentifier(column)).join(', ');
  const stream = client.query(copyFrom(`COPY ${client.escapeIdentifier(name)} (${list}) FROM STDIN`));
  let rows = 0;
  await pipeline(async function* () {
    for (let row = await next(); row !== END_OF_ROWS; row = await next()) {
      rows += 1;
      yield `${row}\n`;
    }
  }, stream);
  return rows;
}

function partOf(line: string): Part {
  const parsed = partSchema.safeParse(jsonOf(line));
  if (!parsed.success) throw new AppError('invalid_input', 'The backup is damaged: nothing was restored');
  return parsed.data;
}

async function refuseOtherVersion(client: pg.Client, line: string): Promise<void> {
  const header = headerSchema.safeParse(jsonOf(line));
  if (!header.success) throw new AppError('invalid_input', 'This is no backup of Sluice');
  if (header.data.schema !== (await schemaVersion(client)))
    throw new AppError(
      'conflict',
      `The backup of ${header.data.madeAt} is of another version. Restore it with the version that made it, then update`,
    );
}

/** Processes of ours would go on with rows that are gone. One that has just ended is gone in a moment. */
async function refuseCompany(client: pg.Client): Promise<void> {
  const deadline = performance.now() + GONE_WITHIN_MS;
  for (;;) {
    const { rows } = await client.query<{ name: string }>(
      `SELECT DISTINCT application_name AS name FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE 'sluice-%' ORDER BY 1`,
    );
    if (rows.length === 0) return;
    const names = rows.map(({ name }) => name).join(', ');
    if (performance.now() > deadline)
      throw new AppError('conflict', `The database is in use by ${names}: end API and workers first`);
    await delay(200);
  }
}

async function refuseUsed(client: pg.Client): Promise<void> {
  for (const table of IN_USE) {
    const { rows } = await client.query(`SELECT FROM ${client.escapeIdentifier(table)} LIMIT 1`);
    if (rows.length > 0)
      throw new AppError(
        'conflict',
        `The database is in use: ${table} has rows. Restore into an empty one, or say --replace to lose what is there`,
      );
  }
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
