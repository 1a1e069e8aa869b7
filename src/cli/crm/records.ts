import type { Command } from 'commander';
import { stringifyExactJson } from '../../domain/exactJson.js';
import { readAll, type Answers } from '../api.js';
import { count, id } from '../arguments.js';
import { lister, show, verb, type Context } from '../context.js';
import { moment, sheet } from '../output.js';
import { addDeclared } from './declared.js';
import { addExport } from './exportRecords.js';
import { followFeed, readFeed } from './feed.js';
import { addProperties } from './properties.js';
import { addReference } from './reference.js';

interface Json {
  readonly json?: boolean;
}
interface OfPortal extends Json {
  readonly portal?: string;
}

interface ListOptions {
  readonly limit: number;
  readonly after?: string;
  readonly filter?: string[];
  readonly sort?: string;
  readonly archived?: boolean;
}

const OBJECT_TYPE = 'contacts, companies, deals, tickets, or a custom object by its id, name or label';
/** So many values of a record stand in a row of the list. */
const SHOWN = 3;

export function addRecords(records: Command, context: Context): void {
  addProperties(records, context);
  addReference(records, context);
  addDeclared(records, context);
  addExport(records, context);
  lister(records, {
    name: 'list',
    description: 'list the records of a type, as the mirror has them',
    example: 'list contacts --portal 62515',
  })
    .argument('<objectType>', OBJECT_TYPE)
    .option('--portal <portalId>', 'of this portal; needed where there are several', id)
    .option('--limit <n>', 'at most so many', count, 100)
    .option('--after <next>', 'go on where another list ended')
    .option('--filter <condition...>', 'of declared properties: city:eq:Bonn, amount:gte:100, city:none')
    .option('--sort <property>', 'by a declared property; --sort=-property in descending order')
    .option('--archived', 'those in the recycle bin')
    .action(
      async (
        objectType: string,
        { portal, limit, after, json, filter, sort, archived }: OfPortal & ListOptions,
      ) => {
        const query = {
          ...{ portalId: portal, after, filter, sort },
          archived: archived ? ('true' as const) : undefined,
        };
        const page = await readAll(context.api(), '/api/objects/{objectType}', query, limit, 100, {
          objectType,
        });
        show(context, json, page, () =>
          context.table(
            ['id', 'modified', 'values'],
            page.items.map((one) => [one.id, moment(one.modifiedAt), firstValues(one.properties)]),
          ),
        );
        if (page.next !== null && !json) context.say(`There are more: --after ${page.next}`);
      },
    );

  verb(records, { name: 'show', description: 'show a record', example: 'show contacts 51 --portal 62515' })
    .argument('<objectType>', OBJECT_TYPE)
    .argument('<id>', "HubSpot's id of the record", id)
    .option('--portal <portalId>', 'of this portal; needed where there are several', id)
    .action(async (objectType: string, recordId: string, { portal, json }: OfPortal) => {
      const found = await context.api().get('/api/objects/{objectType}/{recordId}', {
        params: { path: { objectType, recordId }, query: portal === undefined ? {} : { portalId: portal } },
      });
      show(context, json, found, () =>
        sheet([
          ['id', found.id],
          ['created', moment(found.createdAt)],
          ['modified', moment(found.modifiedAt)],
          ['read', moment(found.readAt)],
          ...Object.entries(found.properties).sort(),
        ]),
      );
    });

  addChanges(records, context);
}

const FEED_LIMIT = 100;

interface ChangesOptions extends Json {
  readonly limit?: number;
  readonly after?: string;
  readonly follow?: boolean;
}

function addChanges(records: Command, context: Context): void {
  lister(records, {
    name: 'changes',
    description: 'what changed in records, in order; initial: it was there when its type was first mirrored',
    example: 'changes --limit 20',
  })
    .option('--limit <n>', `at most so many; ${FEED_LIMIT}, with --follow all`, count)
    .option('--after <position>', 'go on after the `next` of another call')
    .option('--follow', 'wait for what follows and print each change as it comes, with --json a line each')
    .action(async ({ limit, after, follow, json }: ChangesOptions) => {
      if (follow) return printAsTheyCome(context, { limit: limit ?? Infinity, after, json });
      const page = await readFeed(context.api(), after, limit ?? FEED_LIMIT);
      show(context, json, page, () =>
        context.table(
          ['happened', 'portal', 'type', 'record', 'action', 'initial', 'changed'],
          page.items.map((one) => [
            ...[moment(one.happenedAt), String(one.portalId), one.objectType, one.recordId, one.action],
            ...[one.initial, whatChanged(one)],
          ]),
        ),
      );
      if (json) return;
      sayOfFeed(context, page);
      context.say(`Go on with --after ${page.next}`);
    });
}

/** Until `limit`, Ctrl-C, or a request that fails: then it is said where to go on. */
async function printAsTheyCome(
  context: Context,
  { limit, after, json }: { limit: number; after: string | undefined; json: boolean | undefined },
): Promise<void> {
  let next = after;
  try {
    for await (const page of followFeed(context.api(), after, limit)) {
      sayOfFeed(context, page);
      for (const one of page.items)
        context.print(
          json
            ? stringifyExactJson(one)
            : [
                ...[one.happenedAt, one.portalId, one.objectType, one.recordId, one.action],
                whatChanged(one),
              ].join('  '),
        );
      next = page.next;
    }
  } finally {
    if (next !== undefined) context.say(`Go on with --after ${next}`);
  }
}

function sayOfFeed(
  { say }: Context,
  { restored, expired }: Pick<Answers['RecordChangePage'], 'restored' | 'expired'>,
): void {
  if (restored) say('The database was restored since: changes that were made since its copy come again');
  if (expired)
    say('That position is older than what is kept: changes may be missing, so read the records anew');
}

const whatChanged = ({ association, changed }: Answers['RecordChange']): string =>
  association ? associationText(association) : Object.keys(changed).join(', ');

function associationText({ toType, toId, label, typeId }: Answers['Association']): string {
  return `${toType} ${toId} (${label ?? typeId})`;
}

function firstValues(properties: Readonly<Record<string, string>>): string {
  const shown = Object.entries(properties)
    .filter(([name]) => !name.startsWith('hs_'))
    .slice(0, SHOWN);
  return shown.map(([name, value]) => `${name}: ${value}`).join('; ');
}
