import type { Command } from 'commander';
import { count, ids } from '../arguments.js';
import { show, verb, type Context } from '../context.js';
import { table } from '../output.js';
import {
  filtered,
  filterOf,
  groupsTable,
  showPreview,
  whichOf,
  type FilterOptions,
  type Group,
  type Json,
  type Preview,
} from './deadLetterFilter.js';

interface DeadLetter {
  readonly id: string;
  readonly portalId: number | null;
  readonly type: string;
  readonly state: string;
  readonly errorClass: string | null;
  readonly reason: string;
  readonly attempts: number;
  readonly diedAt: string;
}

export function addDeadLetters(outbox: Command, context: Context): void {
  filtered(
    verb(outbox, {
      name: 'dead',
      description: 'list dead letters: events that will not be sent unless somebody decides so',
      example: 'dead --type nova_earned --error-class permanent',
    }),
  )
    .option('--limit <n>', 'at most so many', count, 50)
    .action(async ({ limit, json, ...options }: Json & FilterOptions & { limit: number }) => {
      const query = { ...filterOf(options), limit: Math.min(limit, 200) };
      const page = await context
        .client()
        .get<{ items: DeadLetter[]; groups: Group[] }>('/api/outbox/dead-letters', query);
      show(context, json, page, () =>
        [
          groupsTable(page.groups),
          table(
            ['id', 'portal', 'type', 'state', 'died', 'tries', 'why'],
            page.items.map((one) => [
              one.id,
              one.portalId === null ? null : String(one.portalId),
              one.type,
              one.state,
              one.diedAt,
              one.attempts,
              `${one.errorClass ?? one.state}: ${one.reason}`,
            ]),
          ),
        ].join('\n\n'),
      );
    });

  filtered(
    verb(outbox, {
      name: 'discard',
      description: 'give dead letters up, with a reason; they stay to be seen',
      example: "discard 4711 --reason 'a test'",
    }).argument('[eventIds...]', 'their ids', ids),
  )
    .option('--all', 'all of them, when nothing else says which')
    .option('--preview', 'say which, and do nothing')
    .requiredOption('--reason <text>', 'why')
    .action(
      async (eventIds: string[], options: Json & FilterOptions & { reason: string; preview?: boolean }) => {
        const { reason, preview = false, json } = options;
        const body = { filter: whichOf(eventIds, options), reason, preview };
        const done = await context
          .client()
          .post<Preview & { discarded: number }>('/api/outbox/discards', body);
        if (preview) return showPreview(context, done, json);
        show(context, json, done, () => `${done.discarded} discarded`);
      },
    );
}
