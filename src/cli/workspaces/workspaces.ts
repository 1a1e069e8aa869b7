import { Option, type Command } from 'commander';
import { audit } from '../../db/audit/audit.js';
import { newApiKey, storeApiKey, type KeyEnvironment } from '../../db/workspaces/apiKeys.js';
import type { Pool, Queryable } from '../../db/pool.js';
import { inWorkspace } from '../../db/tenant.js';
import { FOUND_BY_ANOTHER_KEY, type FoundByAnotherKey } from '../../domain/workspaces/foundRecords.js';
import { inTransaction } from '../../db/transaction.js';
import { createWorkspace, findWorkspace, listWorkspaces } from '../../db/workspaces/workspaces.js';
import { given, type Answers } from '../api.js';
import { uuid } from '../arguments.js';
import { lister, show, verb, type Context } from '../context.js';
import { asOperator } from '../database.js';
import { CliError } from '../errors.js';
import { moment, sheet } from '../output.js';
import { readSecret } from '../secretFile.js';

interface Json {
  readonly json?: boolean;
}

const MAX_NAME = 100;
const CLI = { actor: 'cli', result: 'ok' };

/** `list`, `create`, `key`: the operator, on the database, for there is no key yet. `show`, `set`: one's own. */
export function addWorkspaces(workspaces: Command, context: Context): void {
  addOwn(workspaces, context);
  addAll(workspaces, context);
}

function addAll(many: Command, context: Context): void {
  lister(many, {
    name: 'list',
    description: 'list all of this service, oldest first',
    example: 'list',
  }).action(async ({ json }: Json) => {
    const items = await asOperator(context.database(), listWorkspaces);
    show(context, json, { items }, () =>
      context.table(
        ['id', 'name', 'made', 'portals', 'admin keys'],
        items.map((one) => [
          one.id,
          one.name,
          moment(one.createdAt.toISOString()),
          one.portals,
          one.adminKeys,
        ]),
      ),
    );
  });

  verb(many, {
    name: 'create',
    description: 'make one with its first API key, which is shown once',
    example: 'create "Acme Ltd"',
  })
    .argument('<name>', 'what to call it')
    .action(async (given: string, { json }: Json) => {
      const name = nameOf(given);
      const env = context.database();
      const made = await asOperator(env, (pool) =>
        inTransaction(pool, async (client) => {
          const workspaceId = await createWorkspace(client, name);
          await audit(client, { ...CLI, workspaceId, operation: 'workspace.create', subject: {} });
          return addAdminKey(client, workspaceId, env.NODE_ENV);
        }),
      );
      show(context, json, made, () => describeKey(made));
    });

  verb(many, {
    name: 'key',
    description: 'make another key with the scope admin for one, e.g. when all are lost',
    example: 'key 9027efe2-1c2f-4a55-9a2c-8f4d3b6d7c11',
  })
    .argument('<workspaceId>', 'its id, as the list shows it', uuid)
    .action(async (workspaceId: string, { json }: Json) => {
      const env = context.database();
      const made = await asOperator(env, (pool) => addKeyTo(pool, workspaceId, env.NODE_ENV));
      show(context, json, made, () => describeKey(made));
    });
}

function addOwn(own: Command, context: Context): void {
  verb(own, { name: 'show', description: 'show that of your API key', example: 'show' }).action(
    async ({ json }: Json) => {
      const workspace = await context.api().get('/api/workspace');
      show(context, json, workspace, () => describe(workspace));
    },
  );

  verb(own, {
    name: 'set',
    description: 'rename that of your API key, or set where it is told what happens to its portals',
    example: 'set --notify-url https://shop.example.com/sluice',
  })
    .option('--name <name>', 'what to call it')
    .option('--notify-url <url>', 'an https URL that takes notices, or none')
    // Not an argument: those are seen by everybody on the machine, and kept by the shell.
    .option(
      '--secret-file <file>',
      'what signs them; - for standard input. Default: one is made, and shown once',
    )
    .addOption(
      new Option(
        '--found-by-another-key <adopt|wait>',
        'what becomes of events for a person whom HubSpot has under another key',
      ).choices(FOUND_BY_ANOTHER_KEY),
    )
    .action(async (options: Json & Changes) => {
      const { name, notifyUrl, secretFile, foundByAnotherKey, json } = options;
      if ([name, notifyUrl, secretFile, foundByAnotherKey].every((one) => one === undefined))
        throw new CliError(
          'Name what to change: --name, --notify-url, --secret-file or --found-by-another-key',
          2,
        );
      const body = given({
        name,
        notifyUrl: notifyUrl === 'none' ? null : notifyUrl,
        notifySecret: secretFile === undefined ? undefined : readSecret(secretFile),
        foundByAnotherKey,
      });
      const workspace = await context.api().patch('/api/workspace', { body });
      show(context, json, workspace, () => describe(workspace));
    });
}

/** As the API takes it: not empty, bounded, in one line. */
function nameOf(given: string): string {
  const name = given.trim();
  if (name === '' || name.length > MAX_NAME || /\p{Cc}/u.test(name))
    throw new CliError(`A name has 1 to ${MAX_NAME} characters, in one line`, 2);
  return name;
}

interface Changes {
  readonly name?: string;
  readonly notifyUrl?: string;
  readonly secretFile?: string;
  readonly foundByAnotherKey?: FoundByAnotherKey;
}

interface NewKey {
  readonly workspaceId: string;
  readonly apiKey: string;
}

function addKeyTo(pool: Pool, workspaceId: string, environment: KeyEnvironment): Promise<NewKey> {
  return inWorkspace(pool, workspaceId, async (client) => {
    if (!(await findWorkspace(client, workspaceId)))
      throw new CliError(`There is no workspace ${workspaceId}: see \`sluice workspaces list\``);
    return addAdminKey(client, workspaceId, environment);
  });
}

async function addAdminKey(
  client: Queryable,
  workspaceId: string,
  environment: KeyEnvironment,
): Promise<NewKey> {
  const key = newApiKey(environment);
  const scopes = ['admin'];
  const keyId = await storeApiKey(client, { workspaceId, name: 'admin', key, scopes, createdBy: 'cli' });
  await audit(client, { ...CLI, workspaceId, operation: 'key.create', subject: { keyId, scopes } });
  return { workspaceId, apiKey: key.reveal() };
}

function describeKey({ workspaceId, apiKey }: NewKey): string {
  return `Workspace  ${workspaceId}\nAPI key    ${apiKey}\nKeep the key: it is not shown again.`;
}

function describe(workspace: Answers['ChangedWorkspace']): string {
  const { notifySecret } = workspace;
  const fields = sheet([
    ['id', workspace.id],
    ['name', workspace.name],
    ['made', workspace.createdAt],
    ['notices go to', workspace.notifyUrl],
    ['signed', workspace.hasNotifySecret],
    ['found by another key', workspace.foundByAnotherKey],
  ]);
  return notifySecret === undefined
    ? fields
    : `${fields}\n\nSecret  ${notifySecret}\nKeep it: it is not shown again.`;
}
