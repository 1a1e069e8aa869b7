import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { given, readAll, type Answers } from '../api.js';
import { count, id } from '../arguments.js';
import { lister, show, verb, type Context } from '../context.js';
import { counted, moment } from '../output.js';

interface ListOptions {
  readonly portal?: string;
  readonly type?: string;
  readonly limit: number;
  readonly after?: string;
  readonly json?: boolean;
}
interface ReplayOptions {
  readonly from: string;
  readonly to?: string;
  readonly portal?: string;
  readonly type?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}
type Counts = Answers['WebhookType']['seenFirst'];

/** While as many records wait as may. */
const FULL_WAITS_MS = 2000;

/** How webhooks stand, and what is read again. */
export function addWebhookStatus(webhooks: Command, context: Context): void {
  const filtered = (command: Command) =>
    command
      .option('--portal <portalId>', 'only of this portal', id)
      .option('--type <objectType>', 'only of this type');

  filtered(
    lister(webhooks, {
      name: 'status',
      description: 'what waits, what has come, and what each source was the first to see, by type',
      example: 'status --portal 62515',
    }),
  )
    .option('--limit <n>', 'at most so many', count, 100)
    .option('--after <place>', 'go on where another list ended')
    .action(async ({ portal, type, limit, after, json }: ListOptions) => {
      const query = given({ portalId: portal, objectType: type, after });
      const page = await readAll(context.api(), '/api/webhooks/types', query, limit, 100);
      show(context, json, page, () =>
        context.table(
          [
            ...['portal', 'type', 'waiting', 'oldest', 'last received', 'received'],
            ...['strays', 'unread', 'first', 'missed'],
          ],
          page.items.map((one) => [
            ...[String(one.portalId), one.objectType, `${one.waiting}${one.together ? '+' : ''}`],
            ...[moment(one.oldestAt), moment(one.lastReceivedAt), one.received],
            ...[one.strays, one.unread, inWords(one.seenFirst), one.missed],
          ]),
        ),
      );
      if (page.next !== null && !json) context.say(`There are more: --after '${page.next}'`);
    });

  filtered(
    lister(webhooks, {
      name: 'unread',
      description: 'list records that webhooks named and that could not be read',
      example: 'unread --portal 62515',
    }),
  )
    .option('--limit <n>', 'at most so many', count, 100)
    .option('--after <place>', 'go on where another list ended')
    .action(async ({ portal, type, limit, after, json }: ListOptions) => {
      const query = given({ portalId: portal, objectType: type, after });
      const page = await readAll(context.api(), '/api/webhooks/unread', query, limit, 100);
      show(context, json, page, () =>
        context.table(
          ['portal', 'type', 'record', 'tries', 'ended', 'because'],
          page.items.map((one) => [
            ...[String(one.portalId), one.objectType, one.recordId, one.tries],
            ...[moment(one.endedAt), one.message],
          ]),
        ),
      );
      if (page.next !== null && !json) context.say(`There are more: --after '${page.next}'`);
    });

  filtered(
    verb(webhooks, {
      name: 'replay',
      description: 'have the records read once more that events of a time have named',
      example: 'replay --from 2027-01-01T00:00:00Z --portal 62515 --dry-run',
    }),
  )
    .requiredOption('--from <time>', 'events that were received from then on')
    .option('--to <time>', 'and before then; without it, until now')
    .option('--dry-run', 'say how many it would be, and read nothing')
    .action(async ({ from, to, portal, type, dryRun = false, json }: ReplayOptions) => {
      const done = { events: 0, records: 0, dryRun };
      const body = {
        ...{ from, to: to ?? new Date().toISOString(), dryRun },
        ...given({ portalId: portal === undefined ? undefined : Number(portal), objectType: type }),
      };
      for (let after: string | undefined; ;) {
        const part = await context
          .api()
          .post('/api/webhooks/replay', { body: { ...body, ...given({ after }) } });
        if (part.isFull) {
          await delay(FULL_WAITS_MS);
          continue;
        }
        done.events += part.events;
        done.records += part.records;
        if (part.next === null) break;
        after = part.next;
      }
      show(
        context,
        json,
        done,
        () =>
          `${counted(done.events, 'event')}: ${counted(done.records, 'record')} ${dryRun ? 'would be' : 'are'} read once more`,
      );
    });
}

const inWords = (counts: Counts): string =>
  Object.entries(counts)
    .map(([source, number]) => `${source} ${number}`)
    .join(', ') || '-';
