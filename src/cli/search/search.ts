import type { Command } from 'commander';
import type { Answers } from '../api.js';
import { show, type Context } from '../context.js';
import { CliError } from '../errors.js';

type SearchResult = Answers['SearchResult'];

/** `sluice search ID`: whichever kind of id it is. */
export function addSearch(search: Command, context: Context): void {
  search
    .argument(
      '<id>',
      'of a portal, lane, queue, execution, run, callback, record, event, registration, redrive, notice, workflow, key or request',
    )
    .option('--json', 'print what the API answered, as JSON; errors, too')
    .option('--wide', 'nothing is cut')
    .addHelpText('after', '\nExample:\n  $ sluice search 100456363381')
    .action(async (id: string, { json }: { json?: boolean }) => {
      const found = await context.api().get('/api/search', { params: { query: { q: id } } });
      if (found.items.length === 0 && !json) throw nothing(id, found);
      show(context, json, found, () =>
        context.table(
          ['kind', 'id', 'portal', 'next', 'what'],
          found.items.map(({ kind, id: itsId, portalId, what, command }) => [
            ...[kind, itsId, portalId === null ? null : String(portalId), command],
            what,
          ]),
        ),
      );
      if (json) return;
      if (found.more.length > 0) context.say(`There are more of: ${found.more.join(', ')}`);
      if (found.unseen.length > 0) context.say(notLookedAt(found));
    });
}

function nothing(id: string, found: SearchResult): CliError {
  const unseen = found.unseen.length === 0 ? '' : `. ${notLookedAt(found)}`;
  return new CliError(
    `Nothing has the id ${id}. It must be the whole id; the request id of an answer of this API is in its log${unseen}`,
    1,
    'not_found',
  );
}

const notLookedAt = ({ unseen }: SearchResult) =>
  `Not looked through, for want of a scope of this key: ${unseen.join(', ')}`;
