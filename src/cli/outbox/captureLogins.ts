import type { Command } from 'commander';
import {
  bindCaptureLogin,
  captureLogins,
  unbindCaptureLogin,
  type CaptureLogin,
} from '../../db/outbox/captureLogins.js';
import { createPool, type Pool } from '../../db/pool.js';
import { createLogger } from '../../platform/logger.js';
import { ids } from '../arguments.js';
import { destructive, isMeant, touching, type Meant } from '../destructive.js';
import { lister, show, verb, type Context } from '../context.js';
import { CliError } from '../errors.js';

interface Json {
  readonly json?: boolean;
}

/**
 * Which logins of the database may capture events, and for which portals. On the database in which the inbox stands.
 */
export function addCaptureLogins(outbox: Command, context: Context): void {
  verb(outbox, {
    name: 'bind',
    description:
      'let a login capture events for these portals and no others (needs DATABASE_ADMIN_URL, or OUTBOX_DATABASE_URL where the inbox stands elsewhere)',
    example: 'bind shop --portal 62515 --portal 62516',
  })
    .argument('<login>', 'a login of the database, or a role of logins')
    .option('--portal <id>', 'one of them; may be repeated', ids)
    .option('--every-portal', 'every one, and the default portal of the service')
    .action(
      async (
        login: string,
        { portal, everyPortal, json }: Json & { portal?: string[]; everyPortal?: true },
      ) => {
        if ((portal === undefined) === (everyPortal === undefined))
          throw new CliError('Say for which: --portal ID, as often as needed, or --every-portal', 2);
        const bound: CaptureLogin = { login, portals: portal?.map(Number) ?? 'every' };
        await onInbox(context, (pool) => bindCaptureLogin(pool, bound));
        show(context, json, bound, () => `${login} may capture events for ${inWords(bound)}, and no others`);
      },
    );

  destructive(
    verb(outbox, {
      name: 'unbind',
      description: 'take from a login what `bind` gave it',
      example: 'unbind shop',
    }),
  )
    .argument('<login>', 'the login')
    .action(async (login: string, options: Meant) => {
      const { json } = options;
      const look = async () => {
        const bound = (await onInbox(context, captureLogins)).find((one) => one.login === login);
        const what = bound ? `it captures events for ${inWords(bound)} now` : 'it is not bound';
        return touching(`Takes from ${login} the right to capture events: ${what}`, []);
      };
      if (!(await isMeant(context, options, look))) return;
      const was = await onInbox(context, (pool) => unbindCaptureLogin(pool, login));
      if (!was) throw new CliError(`${login} was not bound: \`sluice outbox bindings\` lists those that are`);
      show(context, json, { login, portals: [] }, () => `${login} may capture no events any more`);
    });

  lister(outbox, {
    name: 'bindings',
    description: 'which logins may capture events, and for which portals',
    example: 'bindings',
  }).action(async ({ json }: Json) => {
    const items = await onInbox(context, captureLogins);
    show(context, json, { items }, () =>
      context.table(
        ['login', 'portals'],
        items.map((one) => [one.login, one.portals === 'every' ? 'every portal' : one.portals.join(', ')]),
      ),
    );
  });
}

const inWords = ({ portals }: CaptureLogin) =>
  portals === 'every' ? 'every portal' : `portals ${portals.join(', ')}`;

async function onInbox<T>(context: Context, work: (pool: Pool) => Promise<T>): Promise<T> {
  const url = context.outboxDatabase() ?? context.database().DATABASE_ADMIN_URL;
  const logger = createLogger({ LOG_LEVEL: 'warn', LOG_FORMAT: 'pretty' }, 'cli');
  const pool = createPool(
    { DATABASE_URL: url, DATABASE_POOL_SIZE: 2 },
    { applicationName: 'sluice-cli', logger, database: 'foreign' },
  );
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}
