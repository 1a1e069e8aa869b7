import type { Command } from 'commander';
import { openFormerDatabase, type FormerDatabase, type FormerTable } from '../db/formerDatabase.js';
import { createPool } from '../db/pool.js';
import { createPortalResolver } from '../db/portals/portalResolver.js';
import {
  countExecutions,
  FORMER_EXECUTIONS,
  FORMER_RATES,
  FORMER_TOKENS,
  formerRates,
  formerTokens,
  waitingExecutions,
  type ExecutionCounts,
} from '../db/throttle/formerThrottle.js';
import { createDataKeys } from '../db/secrets/dataKeys.js';
import { createOAuth } from '../hubspot/oauth/oauth.js';
import { openFormerGrants } from '../hubspot/tokens/formerGrants.js';
import { openJournal } from '../hubspot/tokens/openJournal.js';
import { createTransport } from '../hubspot/wire/transport.js';
import { createLogger } from '../platform/logger.js';
import type { Secret } from '../platform/secret.js';
import { createSealing } from '../secrets/sealing.js';
import { lister, show, type Context } from './context.js';
import { CliError } from './errors.js';
import { importUrlOf, openImported, requireColumns } from './importedTable.js';
import { filledSecret } from './secretFile.js';
import { bringPage, ExecutionTally } from './importedExecutions.js';
import { bringRates, ratesHere, RateTally } from './importedRates.js';
import { bringTokens, TokenTally } from './importedTokens.js';
import { describe, requireWhole, resultOf } from './importedResult.js';

const PAGE = 500;

interface PartTable {
  readonly table: string;
  readonly usual: Readonly<Record<string, string>>;
  readonly needed: readonly string[];
}

/** What is brought, with the columns of its table and those without which nothing can be told of a row. */
const PARTS: Readonly<Record<'rates' | 'executions' | 'tokens', PartTable>> = {
  rates: { table: 'throttle_configs', usual: FORMER_RATES, needed: Object.keys(FORMER_RATES) },
  executions: {
    ...{ table: 'action_executions', usual: FORMER_EXECUTIONS },
    needed: ['id', 'queue', 'callback', 'processed'],
  },
  tokens: { table: 'oauth_tokens', usual: FORMER_TOKENS, needed: ['portal', 'refreshToken'] },
};
type Part = keyof typeof PARTS;

interface Options {
  readonly urlFile?: string;
  readonly keyFile?: string;
  readonly ratesTable?: string;
  readonly executionsTable?: string;
  readonly tokensTable?: string;
  readonly column?: readonly string[];
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function addImportThrottler(noun: Command, context: Context): void {
  const known = Object.entries(PARTS).map(([part, { usual }]) => `${part}: ${Object.keys(usual).join(', ')}`);
  lister(noun, {
    name: 'throttler',
    description:
      'portals, rates and waiting executions of an earlier throttle, from the database of IMPORT_DATABASE_URL; without --yes it only looks',
    example: 'throttler --yes',
  })
    .option('--url-file <file>', 'a file with the URL in place of IMPORT_DATABASE_URL, - for standard input')
    .option(
      '--key-file <file>',
      'a file with the key that sealed its tokens; without it its portals are named',
    )
    .option('--rates-table <name>', 'rates of actions', PARTS.rates.table)
    .option('--executions-table <name>', 'executions', PARTS.executions.table)
    .option('--tokens-table <name>', 'tokens of portals', PARTS.tokens.table)
    .option(
      '--column <part.field=column...>',
      `what a column is called, e.g. executions.queue=queue_key (${known.join('; ')})`,
    )
    .option('--yes', 'bring them')
    .action((options: Options) => importThrottler(context, options));
}

async function importThrottler(context: Context, options: Options): Promise<void> {
  const url = importUrlOf(context, options.urlFile);
  const config = context.service();
  const api = context.api();
  const named = namedColumns(options.column ?? []);
  const former = await openImported(url, openFormerDatabase);
  const logger = createLogger({ LOG_LEVEL: 'error', LOG_FORMAT: 'pretty' }, 'cli');
  const pool = createPool(config, { applicationName: 'sluice-import', logger, size: 2 });
  const transport = createTransport(config.HUBSPOT_API_BASE_URL);
  try {
    const tables = {
      rates: await find(former, 'rates', options.ratesTable, named),
      executions: await find(former, 'executions', options.executionsTable, named),
      tokens: await find(former, 'tokens', options.tokensTable, named),
    };
    if (!tables.rates && !tables.executions)
      throw new CliError(
        `There is neither a table ${options.ratesTable} nor ${options.executionsTable}: name them with --rates-table and --executions-table`,
        2,
      );
    const bring = options.yes === true;
    const [tokens, rates, executions] = [new TokenTally(), new RateTally(), new ExecutionTally()];
    // Portals first, then rates: each lane has its rate when its first execution comes.
    if (tables.tokens) {
      const { id: workspaceId } = await api.get('/api/workspace');
      const sealing = createSealing(config.ENCRYPTION_KEYS, createDataKeys(pool));
      const oauth = createOAuth({ transport, config, logger });
      const key = keyIn(options.keyFile);
      const kept = await openJournal(config, logger, openFormerGrants);
      const work = { pool, oauth, sealing, config, workspaceId, key, bring, kept, logger };
      for await (const rows of formerTokens(former, tables.tokens, PAGE))
        await bringTokens(work, rows, tokens);
    }
    if (tables.rates) {
      const here = await ratesHere(api);
      for await (const rows of formerRates(former, tables.rates, PAGE))
        await bringRates(api, rows, here, rates, bring);
    }
    let counts: ExecutionCounts | null = null;
    if (tables.executions) {
      counts = await countExecutions(former, tables.executions);
      const work = { pool, portals: createPortalResolver(pool), config, bring };
      let seen = 0;
      for await (const rows of waitingExecutions(former, tables.executions, PAGE)) {
        await bringPage(work, rows, executions);
        seen += rows.length;
        if (bring) context.say(`${seen} of ${counts.waiting}`);
      }
    }
    const result = resultOf({ tables, tokens, rates, executions, counts, bring });
    show(context, options.json, result, () => describe(context, result));
    if (bring) requireWhole(tokens, rates, executions);
  } finally {
    await Promise.all([former.close(), pool.end(), transport.close()]);
  }
}

type Named = Readonly<Record<Part, Readonly<Record<string, string>>>>;

/** `executions.queue=queue_key` */
function namedColumns(given: readonly string[]): Named {
  const named: Record<Part, Record<string, string>> = { rates: {}, executions: {}, tokens: {} };
  for (const text of given) {
    const [, part = '', field = '', column = ''] = /^(\w+)\.(\w+)=(.+)$/.exec(text) ?? [];
    if (!Object.hasOwn(PARTS, part) || !Object.hasOwn(PARTS[part as Part].usual, field))
      throw new CliError(`--column ${text}: there is no such field; see --help`, 2);
    named[part as Part][field] = column;
  }
  return named;
}

/** Undefined: there is no such table. */
async function find(
  former: FormerDatabase,
  part: Part,
  name: string | undefined,
  named: Named,
): Promise<FormerTable | undefined> {
  const { table: usualName, usual, needed } = PARTS[part];
  const table = await former.find(name ?? usualName, usual, named[part]);
  if (!table) return undefined;
  if (table.has.includes('workspace_id'))
    throw new CliError(`${table.table} is Sluice's own: IMPORT_DATABASE_URL names the wrong database`, 2);
  requireColumns(table, {
    ...{ usual, needed, named: named[part] },
    flagOf: (field) => `--column ${part}.${field}=…`,
  });
  return table;
}

/** Not from the arguments: those are seen by everybody on the machine, and kept by the shell. */
function keyIn(file: string | undefined): Secret | undefined {
  return file === undefined ? undefined : filledSecret(file);
}
