import type { Command } from 'commander';
import { count, id } from '../arguments.js';
import { lister, readAll, show, verb, type Context } from '../context.js';
import { moment } from '../output.js';

interface Notice {
  readonly id: string;
  readonly kind: string;
  readonly portalId: number | null;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly state: string;
  readonly createdAt: string;
  readonly attempts: number;
  readonly lastError: string | null;
}

interface Json {
  readonly json?: boolean;
}

export function addNotices(notices: Command, context: Context): void {
  lister(notices, { name: 'list', description: 'list them, newest first', example: 'list --state failed' })
    .option('--state <state>', 'pending, delivered, failed, or kept (there is no URL)')
    .option('--limit <n>', 'at most so many', count, 100)
    .action(async ({ state, limit, json }: Json & { state?: string; limit: number }) => {
      const page = await readAll<Notice>(context.client(), '/api/notices', { state }, limit, 200);
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
      const notice = await context.client().post<Notice>(`/api/notices/${noticeId}/resend`);
      show(context, json, notice, () => `Notice ${notice.id} (${notice.kind}) goes out within seconds`);
    });
}
