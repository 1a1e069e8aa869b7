import type { Command } from 'commander';
import { given, readAll } from '../api.js';
import { count, id } from '../arguments.js';
import { lister, show, type Context } from '../context.js';
import { moment } from '../output.js';
import { addJournal } from './journal.js';
import { addWebhookStatus } from './status.js';
import { addSubscriptions } from './subscriptions.js';

interface EventsOptions {
  readonly portal?: string;
  readonly type?: string;
  readonly limit: number;
  readonly after?: string;
  readonly json?: boolean;
}

export function addWebhooks(webhooks: Command, context: Context): void {
  addJournal(webhooks, context);
  addWebhookStatus(webhooks, context);
  addSubscriptions(webhooks, context);
  lister(webhooks, {
    name: 'events',
    description: 'list what webhooks have brought in the last three days, the newest first',
    example: 'events --portal 62515',
  })
    .option('--portal <portalId>', 'only of this portal', id)
    .option('--type <objectType>', 'only of records of this type')
    .option('--limit <n>', 'at most so many', count, 100)
    .option('--after <place>', 'go on where another list ended')
    .action(async ({ portal, type, limit, after, json }: EventsOptions) => {
      const query = given({ portalId: portal, objectType: type, after });
      const page = await readAll(context.api(), '/api/webhooks/events', query, limit, 100);
      show(context, json, page, () =>
        context.table(
          ['received', 'portal', 'event', 'type', 'record', 'property', 'by', 'happened', 'reads'],
          page.items.map((one) => [
            ...[moment(one.receivedAt), String(one.portalId), one.subscriptionType, one.objectType ?? '-'],
            ...[one.recordId ?? '-', one.property ?? '-', one.changeSource ?? '-', moment(one.occurredAt)],
            one.reads,
          ]),
        ),
      );
      if (page.next !== null && !json) context.say(`There are more: --after ${page.next}`);
    });
}
