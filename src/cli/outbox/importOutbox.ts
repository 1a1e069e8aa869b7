import type { Command } from 'commander';
import type { FormerTable } from '../../db/formerDatabase.js';
import {
  FORMER_COLUMNS,
  NEEDED_COLUMNS,
  openFormerOutbox,
  type FormerColumn,
  type FormerCounts,
  type FormerOutbox,
} from '../../db/outbox/formerOutbox.js';
import { readFormerRow, type RefusedRow } from '../../services/outbox/formerRows.js';
import { id } from '../arguments.js';
import { lister, show, type Context } from '../context.js';
import { CliError } from '../errors.js';
import { importUrlOf, openImported, requireColumns } from '../importedTable.js';
import { counted, sheet } from '../output.js';
import { captureLoads, Tally, type DeadRow, type ReadyRow } from './importedRows.js';
import { requireActive } from './requireActive.js';

const PAGE = 200;

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
  const url = importUrlOf(context, options.urlFile);
  await requireActive(context.api(), options.portal);
  const former = await openImported(url, openFormerOutbox);
  try {
    const table = await find(former, options);
    const counts = await former.count(table);
    const tally = await bring(context, former, table, options, counts);
    const result = {
      ...{ table: table.table, columns: table.columns, dryRun: !options.yes, ...counts },
      ...{ readyRows: tally.good, triedBefore: tally.tried, byType: Object.fromEntries(tally.byType) },
      ...(options.yes && { captured: tally.captured, thereBefore: tally.there }),
      ...(options.yes && { deadRows: tally.dead.count, dead: tally.dead.listed }),
      ...{ refusedRows: tally.refused.count, refused: tally.refused.listed },
    };
    show(context, options.json, result, () => describe(context, options, result));
    if (options.yes) requireWhole(tally);
  } finally {
    await former.close();
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
  requireColumns(table, {
    ...{ usual: FORMER_COLUMNS, needed: NEEDED_COLUMNS, named },
    flagOf: (column) => FLAGS[column],
  });
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
  const { events: registry } = await context.definitions();
  const tally = new Tally();
  let seen = 0;
  for await (const rows of former.rows(table, PAGE)) {
    const ready: ReadyRow[] = [];
    for (const row of rows) {
      const read = readFormerRow(row, source, registry);
      if (!read.ok) {
        tally.refused.add(...read.refused);
        continue;
      }
      tally.good += 1;
      if (row.attempts > 0) tally.tried += 1;
      tally.byType.set(read.event.type, (tally.byType.get(read.event.type) ?? 0) + 1);
      ready.push({ rowId: row.id, event: read.event });
    }
    if (yes) await captureLoads(context.api(), Number(portal), ready, tally);
    seen += rows.length;
    if (yes) context.say(`${seen} of ${unprocessed}`);
  }
  return tally;
}

/** Whoever goes by the exit code learns that not every row is on its way. */
function requireWhole({ refused: { count: refusedRows }, dead: { count: deadRows } }: Tally): void {
  const left = [
    ...(refusedRows > 0 ? [`${counted(refusedRows, 'row')} refused`] : []),
    ...(deadRows > 0 ? [`${counted(deadRows, 'row')} here as dead letters, which are not sent`] : []),
  ];
  if (left.length > 0) throw new CliError(`Not all was brought: ${left.join(', ')}. The other rows are here`);
}

interface Result extends FormerCounts {
  readonly table: string;
  readonly columns: FormerTable['columns'];
  readonly readyRows: number;
  readonly triedBefore: number;
  readonly byType: Readonly<Record<string, number>>;
  readonly captured?: number;
  readonly thereBefore?: number;
  readonly deadRows?: number;
  readonly dead?: readonly DeadRow[];
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
      ['dead letters', result.deadRows ?? null],
    ]),
    ...(result.refused.length === 0
      ? []
      : [
          context.table(
            ['row', 'type', 'field', 'what is wrong'],
            result.refused.map((one) => [one.id, one.type, one.field, one.message]),
          ),
        ]),
    ...(result.dead === undefined || result.dead.length === 0
      ? []
      : [
          context.table(
            ['row', 'type', 'event', 'state', 'why it is not sent'],
            result.dead.map((one) => [one.id, one.type, one.eventId, one.state, one.reason]),
          ),
          'Dead letters are not sent: mend what is named, then npx sluice outbox redrive EVENT; or import them as new events with another --source',
        ]),
    yes
      ? `What was captured is on its way: npx sluice outbox status --portal ${portal}`
      : `Nothing was brought. ${counted(result.readyRows, 'event')} would be: the same with --yes`,
  ].join('\n\n');
}
