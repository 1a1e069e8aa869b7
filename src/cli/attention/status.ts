import type { Command } from 'commander';
import { lookAtReadiness } from './readiness.js';
import { notReadyPage, statusPage } from './statusPage.js';
import type { AttentionPage, Status } from './statusAnswers.js';
import { statusOf } from '../errors.js';
import { show, type Context } from '../context.js';
import { watchable } from '../watch.js';

const SHOWN = 10;
const ALL = 200;

/** `sluice status`: is all well, what waits, what fails, and what to do. */
export function addStatus(status: Command, context: Context): void {
  watchable(status)
    .option('--json', 'print what the API answered, as JSON; errors, too')
    .option('--all', `show up to ${ALL} things that need somebody, not the first ${SHOWN}`)
    .addHelpText(
      'after',
      '\nExit code: 0 all is well, 1 something needs somebody\n\nExample:\n  $ sluice status',
    )
    .action(async ({ json, all }: { json?: boolean; all?: boolean }) => {
      const { apiUrl } = context.settings();
      const readiness = await lookAtReadiness(apiUrl);
      const found = await askOf(context, all === true ? ALL : SHOWN);
      if (found === undefined) {
        show(context, json, { readiness, status: null, attention: null }, () =>
          notReadyPage(apiUrl, readiness),
        );
        return context.fail();
      }
      show(context, json, { readiness, ...found }, () =>
        statusPage({
          ...{ apiUrl, readiness, status: found.status, items: found.attention.items },
          ...{ more: found.attention.next !== null, now: new Date() },
        }),
      );
      if (!found.status.ok || readiness.status !== 'ready') context.fail();
    });
}

/** Undefined: the API cannot look, and readiness says why. */
async function askOf(
  context: Context,
  limit: number,
): Promise<{ status: Status; attention: AttentionPage } | undefined> {
  const api = context.api();
  try {
    const [status, attention] = await Promise.all([
      api.get('/api/status'),
      api.get('/api/attention', { params: { query: { limit } } }),
    ]);
    return { status, attention };
  } catch (error) {
    if ((statusOf(error) ?? 0) >= 500) return undefined;
    throw error;
  }
}
