import type { Command } from 'commander';
import { readAll } from '../api.js';
import { count, id } from '../arguments.js';
import { lister, show, type Context } from '../context.js';
import { moment } from '../output.js';

interface ListOptions {
  readonly json?: boolean;
  readonly portal?: string;
  readonly limit: number;
  readonly after?: string;
}

/** What the ids of owners, pipelines and stages in records are called. */
export function addReference(records: Command, context: Context): void {
  lister(records, {
    name: 'owners',
    description: 'list the owners of records, by name',
    example: 'owners --portal 62515',
  })
    .option('--portal <portalId>', 'of this portal; needed where there are several', id)
    .option('--limit <n>', 'at most so many', count, 500)
    .option('--after <id>', 'go on where another list ended', id)
    .action(async ({ portal, limit, after, json }: ListOptions) => {
      const page = await readAll(context.api(), '/api/owners', { portalId: portal, after }, limit, 200);
      show(context, json, page, () =>
        context.table(
          ['id', 'name', 'e-mail', 'user', 'archived', 'read'],
          page.items.map((one) => [
            ...[one.id, [one.firstName, one.lastName].filter((name) => name !== null).join(' ')],
            ...[one.email ?? '', one.userId ?? '', one.archived, moment(one.readAt)],
          ]),
        ),
      );
      if (page.next !== null && !json) context.say(`There are more: --after ${page.next}`);
    });

  lister(records, {
    name: 'pipelines',
    description: 'list the pipelines of a type with their stages, by name',
    example: 'pipelines deals --portal 62515',
  })
    .argument('<objectType>', 'deals, tickets, or a custom object by its id, name or label')
    .option('--portal <portalId>', 'of this portal; needed where there are several', id)
    .option('--limit <n>', 'at most so many', count, 100)
    .option('--after <id>', 'go on where another list ended')
    .action(async (objectType: string, { portal, limit, after, json }: ListOptions) => {
      const query = { portalId: portal, after };
      const page = await readAll(context.api(), '/api/pipelines/{objectType}', query, limit, 100, {
        objectType,
      });
      show(context, json, page, () =>
        context.table(
          ['pipeline', 'name', 'stage', 'name', 'archived'],
          page.items.flatMap((one) =>
            one.stages.map((stage) => [
              ...[one.id, one.label, stage.id, stage.label, one.archived || stage.archived],
            ]),
          ),
        ),
      );
      if (page.next !== null && !json) context.say(`There are more: --after ${page.next}`);
    });
}
