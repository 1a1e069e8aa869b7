import { randomBytes, randomUUID } from 'node:crypto';
import { createDataKeys } from '../../src/db/secrets/dataKeys.js';
import { newApiKey, storeApiKey } from '../../src/db/workspaces/apiKeys.js';
import { forWorkspace } from '../../src/db/tenant.js';
import { loadConfig } from '../../src/platform/config/config.js';
import { notifySecretContext } from '../../src/secrets/encryptionContext.js';
import { createSealing } from '../../src/secrets/sealing.js';
import { createApiClient } from '../support/apiClient.js';
import type { Stack } from '../support/stack.js';
import { asked } from './ask.js';
import { command, runToEnd } from './command.js';
import type { CrashRoom, Load } from './crashRoom.js';

/** Two keys that all processes know; each of them wraps in turn. */
const KEYS = ['first', 'second'].map((id) => `${id}:${randomBytes(32).toString('base64')}`);
const SECRET = 'whsec_crash-points-0123456789';

/** A workspace without any secret, and a client of it. */
async function newTenant(stack: Stack) {
  const workspaceId = randomUUID();
  await stack.pool.query('INSERT INTO workspaces (id, name) VALUES ($1::uuid, $1::text)', [workspaceId]);
  const key = newApiKey('test');
  await storeApiKey(forWorkspace(stack.pool, workspaceId), {
    ...{ workspaceId, name: 'tenant', key, scopes: ['admin'] as const, createdBy: 'test' },
  });
  const api = createApiClient(() => stack.apis[0]!.url, key.reveal());
  return {
    workspaceId,
    keep: () => api.must('PATCH', '/api/workspace', { notifySecret: SECRET }),
  };
}

const sealedOf = async ({ pool }: Stack, workspaceId: string): Promise<string | null> => {
  const { rows } = await pool.query<{ sealed: string | null }>(
    'SELECT notify_secret AS sealed FROM workspaces WHERE id = $1',
    [workspaceId],
  );
  return rows[0]?.sealed ?? null;
};

/** What was kept opens, and is what was kept. */
async function problemsOf(stack: Stack, workspaceId: string): Promise<string[]> {
  const sealed = await sealedOf(stack, workspaceId);
  if (sealed === null) return ['The secret is not stored'];
  const sealing = createSealing(loadConfig(stack.env).ENCRYPTION_KEYS, createDataKeys(stack.pool));
  const opened = await sealing.open(sealed, notifySecretContext(workspaceId));
  return opened.reveal() === SECRET ? [] : ['What opens is not what was kept'];
}

const firstSecret: Load['prepare'] = async (stack) => {
  const { workspaceId, keep } = await newTenant(stack);
  return {
    ...asked(keep, { stands: async () => (await sealedOf(stack, workspaceId)) !== null }),
    judge: async () => ({ problems: await problemsOf(stack, workspaceId), figures: [] }),
  };
};

interface Variation {
  readonly dataKeys?: boolean;
  /** A rotation of data keys was begun a minute ago. */
  readonly begun?: boolean;
}

/** `sluice encryption-keys rotate` dies, and is run again. */
function rotated({ dataKeys = false, begun = false }: Variation = {}): Load['prepare'] {
  return async (stack) => {
    const { workspaceId, keep } = await newTenant(stack);
    await keep();
    const rotate = (keys: readonly string[]) =>
      command(stack, ['keys', 'rotate', ...(dataKeys ? ['--data-keys'] : [])], {
        ENCRYPTION_KEYS: keys.join(','),
      });
    const process = rotate([...KEYS].reverse());
    const retireAMinuteAgo = (more: string) =>
      stack.pool.query(
        `UPDATE data_keys SET retired_at = clock_timestamp() - interval '1 minute' WHERE workspace_id = $1 AND ${more}`,
        [workspaceId],
      );
    return {
      process,
      async begin() {
        await runToEnd(command(stack, ['keys', 'rotate'], { ENCRYPTION_KEYS: KEYS.join(',') }));
        if (begun) await retireAMinuteAgo('retired_at IS NULL');
      },
      async afterDeath() {
        // Nobody seals with a key that was replaced a minute ago.
        await stack.pool.query(
          `UPDATE data_keys SET retired_at = retired_at - interval '1 minute' WHERE retired_at IS NOT NULL`,
        );
        await runToEnd(process);
      },
      ended: () => Promise.resolve(true),
      async judge() {
        const { rows } = await stack.pool.query<{ left: number; entries: number }>(
          `SELECT (SELECT count(*)::int FROM workspaces w JOIN data_keys d ON d.id::text = split_part(w.notify_secret, '.', 2)
                    WHERE w.id = $1 AND d.retired_at IS NOT NULL) AS left,
                  (SELECT count(*)::int FROM audit_entries
                    WHERE workspace_id = $1 AND operation = 'keys.rotate' AND subject ->> 'keyId' = 'second') AS entries`,
          [workspaceId],
        );
        const { left, entries } = rows[0]!;
        return {
          problems: [
            ...(await problemsOf(stack, workspaceId)),
            ...(left === 0 ? [] : ['Its secret is sealed with a key that is retired']),
            // Two of each run: that it began, and that it was done.
            ...(entries >= 3 ? [] : [`${entries} entries of the rotation are in the audit chain`]),
          ],
          figures: [['entries', entries]],
        };
      },
    };
  };
}

export const secrets: CrashRoom = {
  name: 'secrets',
  alsoIn: ['src/secrets/'],
  env: { ENCRYPTION_KEYS: KEYS.join(',') },
  loads: [
    {
      name: 'the first secret of a workspace is kept',
      process: 'api',
      reaches: ['secrets.key.made'],
      prepare: firstSecret,
    },
    {
      name: 'data keys are wrapped anew',
      process: 'worker',
      reaches: ['secrets.rotation.rewrapped', 'secrets.rotation.done', 'secrets.rotation.audited'],
      prepare: rotated(),
    },
    {
      name: 'a rotation that was ended goes on',
      process: 'worker',
      reaches: ['secrets.rotation.resealed'],
      prepare: rotated({ begun: true }),
    },
    {
      name: 'data keys are replaced',
      process: 'worker',
      reaches: ['secrets.rotation.keys-replaced'],
      prepare: rotated({ dataKeys: true }),
    },
  ],
};
