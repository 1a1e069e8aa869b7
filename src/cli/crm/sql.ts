import type { Command } from 'commander';
import { bindSqlLogin, sqlLogins, unbindSqlLogin } from '../../db/crm/sqlViews.js';
import { createPool, type Pool } from '../../db/pool.js';
import { createLogger } from '../../platform/logger.js';
import { readAll } from '../api.js';
import { count, id, uuid } from '../arguments.js';
import { lister, show, verb, type Context } from '../context.js';
import { destructive, isMeant, touching, type Meant } from '../destructive.js';
import { CliError } from '../errors.js';
import { moment } from '../output.js';

interface Json {
  readonly json?: boolean;
}

const OBJECT_TYPE = 'contacts, companies, deals, tickets, or a custom object by its id, name or label';

/** Views of the mirror for people who ask in SQL, and which logins read them. */
export function addSql(sql: Command, context: Context): void {
  lister(sql, { name: 'list', description: 'list the views that there are', example: 'list' })
    .option('--limit <n>', 'at most so many', count, 500)
    .option('--after <place>', 'go on where another list ended')
    .action(async ({ limit, after, json }: Json & { limit: number; after?: string }) => {
      const page = await readAll(context.api(), '/api/sql-views', { after }, limit, 200);
      show(context, json, page, () =>
        context.table(
          ['view', 'portal', 'type', 'columns', 'left out', 'made', 'waits since'],
          page.items.map((one) => [
            ...[`mirror.${one.name}`, String(one.portalId), one.objectType, one.columns, one.leftOut],
            ...[moment(one.madeAt), one.waitingSince === null ? '' : moment(one.waitingSince)],
          ]),
        ),
      );
      if (page.next !== null && !json) context.say(`There are more: --after ${page.next}`);
    });

  verb(sql, {
    name: 'make',
    description: 'make the view of a type, of the properties that HubSpot defines today',
    example: 'make 62515 contacts',
  })
    .argument('<portalId>', "HubSpot's number of the portal", id)
    .argument('<objectType>', OBJECT_TYPE)
    .action(async (portalId: string, objectType: string, { json }: Json) => {
      const path = { portalId, objectType };
      const made = await context.api().put('/api/sql-views/{portalId}/{objectType}', { params: { path } });
      show(context, json, made, () =>
        made.waitingSince === null
          ? `mirror.${made.name} has ${made.columns} columns`
          : `Somebody keeps mirror.${made.name} open: it is made anew by itself when they have ended`,
      );
    });

  destructive(
    verb(sql, { name: 'drop', description: 'drop the view of a type', example: 'drop 62515 contacts' }),
  )
    .argument('<portalId>', "HubSpot's number of the portal", id)
    .argument('<objectType>', OBJECT_TYPE)
    .action(async (portalId: string, objectType: string, options: Meant) => {
      const does = `Drops the view of the ${objectType} of portal ${portalId}: who asks it finds nothing`;
      if (!(await isMeant(context, options, () => Promise.resolve(touching(does, []))))) return;
      const path = { portalId, objectType };
      await context.api().delete('/api/sql-views/{portalId}/{objectType}', { params: { path } });
      show(context, options.json, path, () => 'The view is gone');
    });

  verb(sql, {
    name: 'bind',
    description: 'let a login read the views of a workspace (needs DATABASE_ADMIN_URL)',
    example: 'bind ada_reader --workspace 9027efe2-1c2f-4a55-9a2c-8f4d3b6d7c11',
  })
    .argument('<login>', 'a login of the database for this alone, or a role of logins')
    .requiredOption('--workspace <workspaceId>', 'whose views', uuid)
    .action(async (login: string, { workspace, json }: Json & { workspace: string }) => {
      const bound = { login, workspaceId: workspace };
      await asOwner(context, (pool) => bindSqlLogin(pool, bound));
      show(
        context,
        json,
        bound,
        () => `${login} reads the views of workspace ${workspace}, and nothing else`,
      );
    });

  destructive(
    verb(sql, {
      name: 'unbind',
      description: 'take from a login what `bind` gave it (needs DATABASE_ADMIN_URL)',
      example: 'unbind ada_reader',
    }),
  )
    .argument('<login>', 'the login')
    .action(async (login: string, options: Meant) => {
      const look = async () => {
        const bound = (await asOwner(context, sqlLogins)).filter((one) => one.login === login);
        return touching(
          `Takes from ${login} the right to read the views of`,
          bound.map(({ workspaceId }) => `workspace ${workspaceId}`),
        );
      };
      if (!(await isMeant(context, options, look))) return;
      if (!(await asOwner(context, (pool) => unbindSqlLogin(pool, login))))
        throw new CliError(`${login} was not bound: \`sluice sql bindings\` lists those that are`);
      show(context, options.json, { login }, () => `${login} reads no views any more`);
    });

  lister(sql, {
    name: 'bindings',
    description: 'which logins read the views of which workspace (needs DATABASE_ADMIN_URL)',
    example: 'bindings',
  }).action(async ({ json }: Json) => {
    const items = await asOwner(context, sqlLogins);
    show(context, json, { items }, () =>
      context.table(
        ['login', 'workspace'],
        items.map((one) => [one.login, one.workspaceId]),
      ),
    );
  });
}

async function asOwner<T>(context: Context, work: (pool: Pool) => Promise<T>): Promise<T> {
  const logger = createLogger({ LOG_LEVEL: 'warn', LOG_FORMAT: 'pretty' }, 'cli');
  const pool = createPool(
    { DATABASE_URL: context.database().DATABASE_ADMIN_URL, DATABASE_POOL_SIZE: 2 },
    { applicationName: 'sluice-cli', logger },
  );
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}
