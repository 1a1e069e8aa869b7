import type { Command } from 'commander';
import { stringifyExactJson } from '../../domain/exactJson.js';
import {
  FORMER_COLUMNS,
  NEEDED_COLUMNS,
  openFormerOutbox,
  type FormerColumn,
  type FormerCounts,
  type FormerOutbox,
  type FormerTable,
} from '../../db/outbox/formerOutbox.js';
import { databaseUrl } from '../../platform/config/values.js';
import type { Secret } from '../../platform/secret.js';
import { createRegistry } from '../../sdk/outbox/registry/registry.js';
import { SHIPPED } from '../../sdk/outbox/registry/shipped.js';
import { readFormerRow, type FormerEvent, type RefusedRow } from '../../services/outbox/formerRows.js';
import { id } from '../arguments.js';
import { lister, show, type Context } from '../context.js';
import { CliError, describeFailure } from '../errors.js';
import { counted, sheet } from '../output.js';
import { readSecret } from '../secretFile.js';

const PAGE = 200;
/** Of refused rows so many are listed; all are counted. */
const MAX_LISTED = 50;
/** The API takes 2 MB. */
const MAX_BYTES = 1_500_000;

const FLAGS: Readonly<Record<FormerColumn, string>> = {
  id: '--id-column',
  type: '--type-column',
  payload: '--payload-column',
  createdAt: '--created-column',
  processedAt: '--processed-column',
  attempts: '--attempts-column',
  lastError: '--error-column',
};

interface Options {
  readonly portal: string;
  readonly urlFile?: string;
  readonly table: string;
  readonly source?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly idColumn?: string;
  readonly typeColumn?: string;
  readonly payloadColumn?: string;
  readonly createdColumn?: string;
  readonly processedColumn?: string;
  readonly attemptsColumn?: string;
  readonly errorColumn?: string;
}

interface Answer {
  readonly status?: string;
  readonly events?: readonly { status: string; reason?: string; id?: string }[];
}

/** What came of an import, or would. */
class Tally {
  readonly byType = new Map<string, number>();
  readonly refused: RefusedRow[] = [];
  /** Rows that are refused, of which `refused` lists the first. */
  refusedRows = 0;
  good = 0;
  tried = 0;
  captured = 0;
  there = 0;

  refuse(problems: readonly RefusedRow[]): void {
    this.refusedRows += 1;
    if (this.refused.length < MAX_LISTED) this.refused.push(...problems);
  }
}

export function addImport(noun: Command, context: Context): void {
  const command = lister(noun, {
    name: 'outbox',
    description:
      "the unprocessed events of an earlier service's table, from the database of IMPORT_DATABASE_URL; without --yes it only looks",
    example: 'outbox --portal 62515 --yes',
  })
    .requiredOption('--portal <portalId>', 'whose events they become', id)
    .option('--url-file <file>', 'a file with the URL in place of IMPORT_DATABASE_URL, - for standard input')
    .option(
      '--table <name>',
      'the table, with its schema where it is not on the search path',
      'outbox_events',
    )
    .option('--source <name>', 'what the keys of its events begin with; two services need two (the table)')
    .option('--yes', 'bring them');
  for (const [column, flag] of Object.entries(FLAGS))
    command.option(`${flag} <name>`, `its column for ${FORMER_COLUMNS[column as FormerColumn]}`);
  command.action((options: Options) => importOutbox(context, options));
}

async function importOutbox(context: Context, options: Options): Promise<void> {
  const former = await open(urlOf(context, options));
  try {
    const table = await find(former, options);
    const counts = await former.count(table);
    const tally = await bring(context, former, table, options, counts);
    const result = {
      ...{ table: table.table, columns: table.columns, dryRun: !options.yes, ...counts },
      ...{ readyRows: tally.good, triedBefore: tally.tried, byType: Object.fromEntries(tally.byType) },
      ...(options.yes && { captured: tally.captured, thereBefore: tally.there }),
      ...{ refusedRows: tally.refusedRows, refused: tally.refused },
    };
    show(context, options.json, result, () => describe(context, options, result));
  } finally {
    await former.close();
  }
}

/** Not from the arguments: those are seen by everybody on the machine, and kept by the shell. */
function urlOf(context: Context, { urlFile }: Options): Secret {
  const url =
    urlFile === undefined ? context.importDatabase() : databaseUrl.safeParse(readSecret(urlFile)).data;
  if (url) return url;
  throw new CliError('Say where the table is: set IMPORT_DATABASE_URL, or --url-file FILE', 2);
}

async function open(url: Secret): Promise<FormerOutbox> {
  try {
    return await openFormerOutbox(url);
  } catch (error) {
    const message = error instanceof Error && error.message !== '' ? error.message : describeFailure(error);
    throw new CliError(`The database of the earlier service cannot be opened: ${message}`, 1, 'unavailable');
  }
}

/** The table and its columns; what is missing is said with the flag that names it. */
async function find(former: FormerOutbox, options: Options): Promise<FormerTable> {
  const named = {
    ...(options.idColumn && { id: options.idColumn }),
    ...(options.typeColumn && { type: options.typeColumn }),
    ...(options.payloadColumn && { payload: options.payloadColumn }),
    ...(options.createdColumn && { createdAt: options.createdColumn }),
    ...(options.processedColumn && { processedAt: options.processedColumn }),
    ...(options.attemptsColumn && { attempts: options.attemptsColumn }),
    ...(options.errorColumn && { lastError: options.errorColumn }),
  };
  const table = await former.find(options.table, named);
  if (!table) {
    const others = await former.candidates(named.payload ?? FORMER_COLUMNS.payload);
    throw new CliError(
      `There is no table ${options.table}: name it with --table${others.length > 0 ? ` (a payload is in ${others.join(', ')})` : ''}`,
      2,
    );
  }
  if (table.has.includes('workspace_id') && table.has.includes('next_attempt_at'))
    throw new CliError(
      `${table.table} is Sluice's own view: IMPORT_DATABASE_URL names the wrong database`,
      2,
    );
  const wanted = new Set([...NEEDED_COLUMNS, ...(Object.keys(named) as FormerColumn[])]);
  const missing = [...wanted].filter((column) => table.columns[column] === undefined);
  if (missing.length > 0)
    throw new CliError(
      `${table.table} has no ${missing.map((one) => named[one] ?? FORMER_COLUMNS[one]).join(', ')}: name the column with ${missing.map((one) => FLAGS[one]).join(', ')}. It has ${table.has.join(', ')}`,
      2,
    );
  return table;
}

/** Reads all that is unprocessed, and brings it where that is meant. */
async function bring(
  context: Context,
  former: FormerOutbox,
  table: FormerTable,
  { yes, portal, source = table.table }: Options,
  { unprocessed }: FormerCounts,
): Promise<Tally> {
  const registry = createRegistry(SHIPPED);
  const tally = new Tally();
  let seen = 0;
  for await (const rows of former.rows(table, PAGE)) {
    const events: { rowId: string; event: FormerEvent }[] = [];
    for (const row of rows) {
      const read = readFormerRow(row, source, registry);
      if (!read.ok) {
        tally.refuse(read.refused);
        continue;
      }
      tally.good += 1;
      if (row.attempts > 0) tally.tried += 1;
      tally.byType.set(read.event.type, (tally.byType.get(read.event.type) ?? 0) + 1);
      events.push({ rowId: row.id, event: read.event });
    }
    if (yes) for (const some of loads(events)) await capture(context, portal, some, tally);
    seen += rows.length;
    if (yes) context.say(`${seen} of ${unprocessed}`);
  }
  return tally;
}

/** As many at once as the API takes. */
function loads<T extends { event: FormerEvent }>(events: readonly T[]): T[][] {
  const all: T[][] = [];
  let bytes = Infinity;
  for (const one of events) {
    const size = Buffer.byteLength(stringifyExactJson(one.event));
    if (bytes + size > MAX_BYTES) {
      all.push([]);
      bytes = 0;
    }
    all.at(-1)?.push(one);
    bytes += size;
  }
  return all;
}

async function capture(
  context: Context,
  portal: string,
  rows: readonly { rowId: string; event: FormerEvent }[],
  tally: Tally,
): Promise<void> {
  const portalId = Number(portal);
  const answer = await context
    .client()
    .post<Answer>('/api/events', { events: rows.map(({ event }) => ({ ...event, portalId })) });
  if (!answer.events)
    throw new CliError('The outbox is switched off: set HUBSPOT_ENABLED=true for the API, then import again');
  for (const [n, { status, reason }] of answer.events.entries()) {
    const row = rows[n];
    if (!row) continue;
    if (status === 'captured') tally.captured += 1;
    else if (status === 'duplicate') tally.there += 1;
    else
      tally.refuse([
        {
          id: row.rowId,
          type: row.event.type,
          field: 'the event',
          message: reason ?? `is answered ${status}`,
        },
      ]);
  }
}

interface Result extends FormerCounts {
  readonly table: string;
  readonly columns: FormerTable['columns'];
  readonly readyRows: number;
  readonly triedBefore: number;
  readonly byType: Readonly<Record<string, number>>;
  readonly captured?: number;
  readonly thereBefore?: number;
  readonly refusedRows: number;
  readonly refused: readonly RefusedRow[];
}

function describe(context: Context, { yes, portal }: Options, result: Result): string {
  const columns = Object.entries(FORMER_COLUMNS).map(
    ([key, usual]) => `${usual}: ${result.columns[key as FormerColumn] ?? '-'}`,
  );
  const types = Object.entries(result.byType).map(([type, rows]) => `${rows} ${type}`);
  return [
    sheet([
      ['table', result.table],
      ['columns', columns.join(', ')],
      ['processed there', `${result.processed}, left where they are`],
      ['unprocessed', result.unprocessed],
      ['of these, tried there', result.triedBefore],
      ['by type', types.join(', ')],
      ['refused', result.refusedRows],
      ['captured', result.captured ?? null],
      ['there already', result.thereBefore ?? null],
    ]),
    ...(result.refused.length === 0
      ? []
      : [
          context.table(
            ['row', 'type', 'field', 'what is wrong'],
            result.refused.map((one) => [one.id, one.type, one.field, one.message]),
          ),
        ]),
    yes
      ? `What was captured is on its way: npx sluice outbox status --portal ${portal}`
      : `Nothing was brought. ${counted(result.readyRows, 'event')} would be: the same with --yes`,
  ].join('\n\n');
}
