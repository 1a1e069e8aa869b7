import type { Command } from 'commander';
import { given, readAll, type Answers } from '../api.js';
import { duration as parseDuration } from '../arguments.js';
import { destructive, isMeant, touching, type Meant } from '../destructive.js';
import { lister, show, verb, type Context } from '../context.js';
import { moment, sheet } from '../output.js';

/** Which scopes there are is the API's to say. */
interface NewKeyOptions {
  readonly scope: NonNullable<Answers['NewApiKey']['scopes']>;
  readonly expires?: number;
}

interface Json {
  readonly json?: boolean;
}

/** Keys of the API. Those that seal secrets at rest are `sluice encryption-keys`. */
export function addApiKeys(keys: Command, context: Context): void {
  verb(keys, {
    name: 'create',
    description: 'make one; it is shown once',
    example: 'create shop --scope throttle:read --scope throttle:write --expires 90d',
  })
    .argument('<name>', 'what to call it')
    .requiredOption('--scope <scope>', 'what it may do; several times for several', several)
    .option('--expires <time>', 'after so long it ends, e.g. 90d or 12h', parseDuration)
    .action(async (name: string, { scope, expires, json }: Json & NewKeyOptions) => {
      const body = { name, scopes: scope, ...given({ expiresAt: fromNow(expires) }) };
      const made = await context.api().post('/api/keys', { body });
      show(context, json, made, () => describeNew(made));
    });

  lister(keys, { name: 'list', description: 'list them, newest first', example: 'list' }).action(
    async ({ json }: Json) => {
      const page = await readAll(context.api(), '/api/keys', {}, 1000, 200);
      show(context, json, page, () =>
        context.table(
          ['id', 'name', 'begins', 'state', 'scopes', 'expires', 'last used'],
          page.items.map((one) => [
            one.id,
            one.name,
            one.prefix,
            one.rotatedTo === null || one.state !== 'active' ? one.state : 'replaced',
            one.scopes.join(' '),
            moment(one.expiresAt),
            moment(one.lastUsedAt),
          ]),
        ),
      );
    },
  );

  verb(keys, { name: 'show', description: 'show one', example: 'show 0b0f6a6e-3a1c-4f0e-9d0b-5f1a2b3c4d5e' })
    .argument('<keyId>', 'its id, as the list shows it')
    .action(async (keyId: string, { json }: Json) => {
      const key = await context.api().get('/api/keys/{id}', { params: { path: { id: keyId } } });
      show(context, json, key, () => describe(key));
    });

  verb(keys, {
    name: 'rotate',
    description: 'make its successor, which is shown once; the old one goes on for a day',
    example: 'rotate 0b0f6a6e-3a1c-4f0e-9d0b-5f1a2b3c4d5e --grace 2h',
  })
    .argument('<keyId>', 'its id, as the list shows it')
    .option('--grace <time>', 'how long the old one goes on, e.g. 2h; 0s ends it at once', parseDuration)
    .option('--expires <time>', 'after so long the new one ends, e.g. 90d', parseDuration)
    .action(async (keyId: string, { grace, expires, json }: Json & { grace?: number; expires?: number }) => {
      const graceSeconds = grace === undefined ? undefined : Math.round(grace / 1000);
      const body = given({ graceSeconds, expiresAt: fromNow(expires) });
      const made = await context
        .api()
        .post('/api/keys/{id}/rotate', { params: { path: { id: keyId } }, body });
      show(context, json, made, () => describeNew(made));
    });

  destructive(
    verb(keys, {
      name: 'revoke',
      description: 'end one at once',
      example: 'revoke 0b0f6a6e-3a1c-4f0e-9d0b-5f1a2b3c4d5e',
    }),
  )
    .argument('<keyId>', 'its id, as the list shows it')
    .action(async (keyId: string, options: Meant) => {
      const params = { path: { id: keyId } };
      const api = context.api();
      const look = async () => {
        const { name, prefix, state, lastUsedAt } = await api.get('/api/keys/{id}', { params });
        const used = lastUsedAt === null ? 'never used' : `last used ${lastUsedAt}`;
        return touching(`Ends key ${keyId} at once: ${name}, ${prefix}…, ${state}, ${used}`, []);
      };
      if (!(await isMeant(context, options, look))) return;
      await api.delete('/api/keys/{id}', { params });
      show(context, options.json, { revoked: true }, () => `Key ${keyId} is revoked`);
    });
}

function several(text: string, before: string[] | undefined): string[] {
  return [...(before ?? []), text];
}

function fromNow(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(Date.now() + ms).toISOString();
}

function describeNew(key: Answers['NewApiKeyAnswer']): string {
  return `${describe(key)}\n\nAPI key  ${key.key}\nKeep it: it is not shown again.`;
}

function describe(key: Answers['ApiKey']): string {
  return sheet([
    ['id', key.id],
    ['name', key.name],
    ['begins', key.prefix],
    ['state', key.state],
    ['scopes', key.scopes.join(' ')],
    ['made', `${key.createdAt}${key.createdBy === null ? '' : ` by ${key.createdBy}`}`],
    ['expires', key.expiresAt],
    ['revoked', key.revokedAt],
    ['last used', key.lastUsedAt],
    ['replaces', key.rotatedFrom],
    ['replaced by', key.rotatedTo],
  ]);
}
