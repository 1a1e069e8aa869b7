import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { types } from 'node:util';
import { createGunzip, createGzip } from 'node:zlib';
import type { Command } from 'commander';
import { readBackup } from '../../db/backup/readBackup.js';
import { writeBackup } from '../../db/backup/writeBackup.js';
import { show, type Context } from '../context.js';
import { CliError } from '../errors.js';

interface Json {
  readonly json?: boolean;
}

const AFTERWARDS = `
What it holds is sealed by ENCRYPTION_KEYS where it is secret: keep those apart from it. Temporal holds nothing that is
not in it.`;

/** Everything in one file, made while the service runs. */
export function addBackup(backup: Command, context: Context): void {
  backup
    .argument('<file>', 'the file to write; it must not exist')
    .option('--json', 'print how much it was')
    .addHelpText('after', `${AFTERWARDS}\n\nExample:\n  $ sluice backup sluice-2027-01-01.gz`)
    .action(async (file: string, { json }: Json) => {
      if (existsSync(file)) throw new CliError(`${file} is there already; it is not written over`);
      const draft = `${file}.part`;
      try {
        const gzip = createGzip();
        const written = pipeline(gzip, createWriteStream(draft, { mode: 0o600, flags: 'wx' }));
        const made = writeBackup(context.database().DATABASE_ADMIN_URL, gzip, (table, rows) => {
          if (rows >= MANY) context.say(`  ${table}: ${rows} rows`);
        }).finally(() => gzip.end());
        const [size] = await Promise.all([made, written]);
        const onDisk = await open(draft, 'r');
        await onDisk.sync().finally(() => onDisk.close());
        await rename(draft, file);
        show(context, json, { file, ...size }, () => `${file}: ${size.rows} rows of ${size.tables} tables`);
      } catch (error) {
        // One that is there is of a backup that runs, or that was ended: not ours to remove.
        if (codeOf(error) !== 'EEXIST') await rm(draft, { force: true });
        if (isFileError(error)) throw new CliError(`The file cannot be written: ${error.message}`);
        throw error;
      }
    });
}

/** Puts such a file into a database of the same version. */
export function addRestore(restore: Command, context: Context): void {
  restore
    .argument('<file>', 'what `sluice backup` wrote')
    .option('--replace', 'lose what the database holds now')
    .option('--json', 'print how much it was')
    .addHelpText(
      'after',
      `
The database has been made and migrated (npm run setup) by the version that made the backup; API and workers do not
run. What HubSpot was sent since the backup is not sent again under the same numbers; docs/operations.md says what a
restore repeats.

Example:
  $ sluice restore sluice-2027-01-01.gz`,
    )
    .action(async (file: string, { replace, json }: Json & { replace?: true }) => {
      const input = createReadStream(file);
      const gunzip = createGunzip();
      const read = pipeline(input, gunzip);
      // What is wrong with the file is said by whoever reads from it: an error of the stream that comes when nobody
      // reads any more must not end the process.
      read.catch(() => undefined);
      gunzip.on('error', () => undefined);
      try {
        const size = await readBackup(context.database().DATABASE_ADMIN_URL, gunzip, {
          replace: replace === true,
          said: (table, rows) => {
            if (rows >= MANY) context.say(`  ${table}: ${rows} rows`);
          },
        });
        show(context, json, { file, ...size }, () => describeRestored(file, size.rows));
      } catch (error) {
        if (isFileError(error)) throw new CliError(`The file cannot be read: ${error.message}`);
        throw error;
      } finally {
        input.destroy();
      }
    });
}

/** Tables that are worth a line. */
const MANY = 10_000;

function describeRestored(file: string, rows: number): string {
  return `${rows} rows of ${file} are in the database, which is another installation from here on.
Where its Temporal namespace was another database's, and that one is gone: npx sluice installation restored
Then start API and workers.`;
}

function codeOf(error: unknown): unknown {
  return types.isNativeError(error) && 'code' in error ? error.code : undefined;
}

function isFileError(error: unknown): error is Error {
  // Not instanceof: errors of Node's own code are of another realm in some hosts.
  if (!types.isNativeError(error) || !('code' in error)) return false;
  return ['ENOENT', 'EEXIST', 'EACCES', 'EISDIR', 'ENOSPC', 'Z_DATA_ERROR', 'Z_BUF_ERROR'].includes(
    String(error.code),
  );
}
