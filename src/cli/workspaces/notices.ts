import { Option, type Command } from 'commander';
import { readAll } from '../api.js';
import { count, id } from '../arguments.js';
import { lister, show, verb, type Context } from '../context.js';
import { moment } from '../output.js';

const STATES = ['pending', 'delivered', 'failed', 'kept'] as const;

interface Json {
  readonly json?: boolean;
}

export function addNotices(notices: Command, context: Context): void {
  lister(notices, { name: 'list', description: 'list them, newest first', example: 'list --state failed' })
    .addOption(
      new Option('--state <state>', 'only those in one state; kept: there is no URL').choices(STATES),
    )
    .option('--limit <n>', 'at most so many', count, 100)
    .action(async ({ state, limit, json }: Json & { state?: (typeof STATES)[number]; limit: number }) => {
      const page = await readAll(context.api(), '/api/notices', { state }, limit, 200);
      show(context, json, page, () =>
        context.table(
          ['id', 'kind', 'portal', 'state', 'tries', 'at', 'last error'],
          page.items.map((one) => [
            one.id,
            one.kind,
            one.portalId === null ? null : String(one.portalId),
            one.state,
            one.attempts,
            moment(one.createdAt),
            one.lastError,
          ]),
        ),
      );
    });

  verb(notices, { name: 'resend', description: 'deliver one again', example: 'resend 12' })
    .argument('<noticeId>', 'its id, as the list shows it', id)
    .action(async (noticeId: string, { json }: Json) => {
      const notice = await context
        .api()
        .post('/api/notices/{id}/resend', { params: { path: { id: noticeId } } });
      show(context, json, notice, () => `Notice ${notice.id} (${notice.kind}) goes out within seconds`);
    });
}
