import type { Command } from 'commander';
import { readAll } from '../api.js';
import { count, id, ids } from '../arguments.js';
import { CliError } from '../errors.js';
import { destructive } from '../destructive.js';
import { lister, show, verb, type Context } from '../context.js';
import { moment } from '../output.js';
import { typeOf } from './events.js';
import {
  filtered,
  filterOf,
  groupsTable,
  isMeantFor,
  whichOf,
  type FilterOptions,
  type Json,
  type Looked,
} from './deadLetterFilter.js';

interface ListOptions {
  readonly limit: number;
  readonly after?: string;
}

export function addDeadLetters(outbox: Command, context: Context): void {
  filtered(
    lister(outbox, {
      name: 'dead',
      description: 'list dead letters: events that will not be sent unless somebody decides so',
      example: 'dead --type nova_earned --error-class permanent',
    }),
  )
    .option('--limit <n>', 'at most so many', count, 50)
    .option('--after <id>', 'go on where another list ended', id)
    .action(async ({ limit, after, json, ...options }: Json & FilterOptions & ListOptions) => {
      const api = context.api();
      const query = { ...filterOf(options), after };
      const page = await readAll(api, '/api/outbox/dead-letters', query, limit, 200);
      show(context, json, page, () =>
        [
          ...(page.groups.length === 0 ? [] : [groupsTable(context, page.groups)]),
          context.table(
            ['id', 'portal', 'type', 'state', 'died', 'tries', 'why'],
            page.items.map((one) => [
              one.id,
              one.portalId === null ? null : String(one.portalId),
              typeOf(one),
              one.state,
              moment(one.diedAt),
              one.attempts,
              `${one.errorClass ?? one.state}: ${one.reason}`,
            ]),
          ),
        ].join('\n\n'),
      );
      if (page.next !== null && !json) context.say(`There are more: --after ${page.next}`);
    });

  destructive(
    filtered(
      verb(outbox, {
        name: 'discard',
        description: 'give dead letters up, with a reason; they stay to be seen',
        example: "discard 4711 --reason 'a test'",
      }).argument('[eventIds...]', 'their ids', ids),
    ),
  )
    .option('--all', 'all of them, when nothing else says which')
    .option('--preview', 'the same as --dry-run')
    .requiredOption('--reason <text>', 'why')
    .action(async (eventIds: string[], options: Looked & FilterOptions & { reason: string }) => {
      const { reason, json } = options;
      const { state, ...filter } = whichOf(eventIds, options);
      if (state === 'discarded') throw new CliError('These are discarded already', 2);
      const body = { filter: { ...filter, ...(state && { state }) }, reason };
      const discard = (preview: boolean) =>
        context.api().post('/api/outbox/discards', { body: { ...body, preview } });
      if (!(await isMeantFor(context, 'Gives up', options, () => discard(true)))) return;
      const done = await discard(false);
      show(context, json, done, () => `${'discarded' in done ? done.discarded : 0} discarded`);
    });
}
