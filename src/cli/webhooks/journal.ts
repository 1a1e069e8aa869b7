import type { Command } from 'commander';
import { show, verb, type Context } from '../context.js';
import { moment } from '../output.js';

export function addJournal(webhooks: Command, context: Context): void {
  verb(webhooks, {
    name: 'journal',
    description: "show how far HubSpot's webhooks journal is read",
    example: 'journal',
  }).action(async ({ json }: { readonly json?: boolean }) => {
    const journal = await context.api().get('/api/webhooks/journal', {});
    show(context, json, journal, () =>
      context.table(
        ['what', 'is'],
        [
          ['state', journal.state],
          ['stands in for searches', journal.tells ? 'yes' : 'no'],
          ['read up to', journal.readUntil === null ? '-' : moment(journal.readUntil)],
          ['place', journal.offset ?? 'the first that there is'],
          ['last file', journal.lastFileAt === null ? '-' : moment(journal.lastFileAt)],
          ['files', journal.files],
          ['types told of, searched', `${journal.types.told}, ${journal.types.polled}`],
          ['last failure', journal.failures === 0 ? '-' : (journal.lastError ?? '-')],
          ['refused', journal.refused ?? '-'],
          ['losses', journal.losses],
          ['files set aside', journal.setAside],
          ['last loss', journal.lostAt === null ? '-' : moment(journal.lostAt)],
        ],
      ),
    );
  });
}
