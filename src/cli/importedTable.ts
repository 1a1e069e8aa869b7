import type { FormerTable } from '../db/formerDatabase.js';
import { databaseUrl } from '../platform/config/values.js';
import type { Secret } from '../platform/secret.js';
import type { Context } from './context.js';
import { CliError, describeFailure } from './errors.js';
import { readSecret } from './secretFile.js';

/** Where an earlier service keeps its tables. Not from the arguments: those are seen by everybody on the machine. */
export function importUrlOf(context: Context, urlFile: string | undefined): Secret {
  const url =
    urlFile === undefined ? context.importDatabase() : databaseUrl.safeParse(readSecret(urlFile)).data;
  if (url) return url;
  throw new CliError('Say where the table is: set IMPORT_DATABASE_URL, or --url-file FILE', 2);
}

/** Opens it with `open`, and says in words why it cannot be opened. */
export async function openImported<Opened>(
  url: Secret,
  open: (url: Secret) => Promise<Opened>,
): Promise<Opened> {
  try {
    return await open(url);
  } catch (error) {
    const message = error instanceof Error && error.message !== '' ? error.message : describeFailure(error);
    throw new CliError(`The database of the earlier service cannot be opened: ${message}`, 1, 'unavailable');
  }
}

/** A table of which some columns have to be there, with the flag that names one. */
export interface WantedTable<Column extends string> {
  readonly usual: Readonly<Record<Column, string>>;
  readonly needed: readonly Column[];
  readonly named: Readonly<Partial<Record<Column, string>>>;
  readonly flagOf: (column: Column) => string;
}

/** Refuses a table that lacks a column: what is missing is said with the flag that names it. */
export function requireColumns<Column extends string>(
  table: FormerTable,
  { usual, needed, named, flagOf }: WantedTable<Column>,
): void {
  const wanted = new Set([...needed, ...(Object.keys(named) as Column[])]);
  const missing = [...wanted].filter((column) => table.columns[column] === undefined);
  if (missing.length === 0) return;
  throw new CliError(
    `${table.table} has no ${missing.map((one) => named[one] ?? usual[one]).join(', ')}: name the column with ${missing.map(flagOf).join(', ')}. It has ${table.has.join(', ')}`,
    2,
  );
}
