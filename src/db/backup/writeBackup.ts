import type { Writable } from 'node:stream';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { Secret } from '../../platform/secret.js';
import { END_OF_ROWS, FORMAT, type BackupSize, type Header, type Part } from './format.js';
import { backupTables, refuseBlindLogin, schemaVersion, sequences, type BackupTable } from './tables.js';
import { settleSession } from '../session.js';

/**
 * Writes everything that the database holds at one moment, while it is used: every table of every workspace, and how
 * far the sequences are. Secrets in it stay sealed by ENCRYPTION_KEYS, which it does not hold. `adminUrl`: the owner's.
 */
export async function writeBackup(
  adminUrl: Secret,
  out: Writable,
  said: (table: string, rows: number) => void = () => {},
): Promise<BackupSize> {
  const client = new pg.Client({
    connectionString: adminUrl.reveal(),
    application_name: 'sluice-backup',
  });
  await client.connect();
  const line = (part: Header | Part) => write(out, `${JSON.stringify(part)}\n`);
  try {
    await settleSession(client, { statementTimeoutMs: 0 });
    await refuseBlindLogin(client);
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await line({ format: FORMAT, madeAt: new Date().toISOString(), schema: await schemaVersion(client) });
    // What is numbered from now on has a number above; a sequence knows no moment.
    for (const name of await sequences(client)) {
      const { rows } = await client.query<{ value: string; isCalled: boolean }>(
        `SELECT last_value AS value, is_called AS "isCalled" FROM ${client.escapeIdentifier(name)}`,
      );
      for (const row of rows) await line({ sequence: name, ...row });
    }
    const tables = await backupTables(client);
    let all = 0;
    for (const table of tables) {
      await line({ table: table.name, columns: [...table.columns] });
      const rows = await copyRows(client, table, out);
      await write(out, `${END_OF_ROWS}\n`);
      all += rows;
      said(table.name, rows);
    }
    await client.query('COMMIT');
    const size = { tables: tables.length, rows: all };
    await line({ end: size });
    return size;
  } finally {
    await client.end();
  }
}

async function copyRows(client: pg.Client, { name, columns }: BackupTable, out: Writable): Promise<number> {
  const list = columns.map((column) => client.escapeIdentifier(column)).join(', ');
  // Of a query: row-level security has its say, which for the owner is that all rows are to be seen.
  const statement = `COPY (SELECT ${list} FROM ${client.escapeIdentifier(name)}) TO STDOUT`;
  const stream = client.query(copyTo(statement));
  for await (const chunk of stream) await write(out, chunk as Buffer);
  return stream.rowCount;
}

/** Rejects where the file can take no more: its stream may end without ever draining. */
async function write(out: Writable, data: string | Buffer): Promise<void> {
  if (out.destroyed) throw out.errored ?? new Error('The file was closed');
  if (out.write(data)) return;
  await new Promise<void>((resolve, reject) => {
    const drained = () => {
      out.off('close', closed);
      resolve();
    };
    const closed = () => {
      out.off('drain', drained);
      reject(out.errored ?? new Error('The file was closed'));
    };
    out.once('drain', drained);
    out.once('close', closed);
  });
}
