import type { Command } from 'commander';
import { inboxSql, installInbox } from '../../db/outbox/installInbox.js';
import { Secret } from '../../platform/secret.js';
import { show, verb, type Context } from '../context.js';
import { CliError } from '../errors.js';

export function addInstall(outbox: Command, context: Context): void {
  verb(outbox, {
    name: 'install',
    description:
      "make the inbox in a database of the application's, so that its transactions can capture events",
    example: 'install --database-url postgresql://owner@db.example.com/shop',
  })
    .option('--database-url <url>', 'a login that may create tables there (default: OUTBOX_DATABASE_URL)')
    .option('--print', 'print the SQL, and do nothing')
    .action(
      async ({ databaseUrl, print, json }: { databaseUrl?: string; print?: boolean; json?: boolean }) => {
        if (print) return context.print((await inboxSql()).trimEnd());
        const url = databaseUrl === undefined ? context.outboxDatabase() : new Secret(databaseUrl);
        if (!url) throw new CliError('Say where: --database-url, or set OUTBOX_DATABASE_URL', 2);
        if (databaseUrl !== undefined && URL.canParse(databaseUrl) && new URL(databaseUrl).password !== '')
          throw new CliError(
            'A password in the arguments is shown by the list of processes and kept by the shell: set OUTBOX_DATABASE_URL, or PGPASSWORD',
            2,
          );
        let database: string;
        try {
          database = await installInbox(url);
        } catch (error) {
          throw new CliError(
            `The inbox could not be made: ${error instanceof Error ? error.message : String(error)}`,
          );
        }
        show(context, json, { database, table: 'outbox_inbox' }, () => NEXT.replace('DATABASE', database));
      },
    );
}

const NEXT = `The inbox is in DATABASE. What is left:
  the application's login   npx sluice outbox bind app --portal 62515 (or --every-portal), with OUTBOX_DATABASE_URL of the owner
  Sluice's login            GRANT SELECT, DELETE ON outbox_inbox TO sluice;
  the worker                OUTBOX_DATABASE_URL=postgresql://sluice@…/DATABASE
  try it                    SELECT sluice_track_event('nova_earned', '{"driverId": "d-1", "email": "d@example.com", "amount": 1}');`;
