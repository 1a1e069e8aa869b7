import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { newApiKey, SCOPES, storeApiKey } from '../../src/db/workspaces/apiKeys.js';
import { forWorkspace } from '../../src/db/tenant.js';
import type { Stack } from './stack.js';

/** Another workspace with a portal, and executions that ended. Returns the key that it calls the API with. */
export async function otherTenant({ pool }: Stack, history: number): Promise<string> {
  const workspaceId = randomUUID();
  await pool.query('INSERT INTO workspaces (id, name) VALUES ($1, $2)', [workspaceId, workspaceId]);
  const { rows } = await pool.query<{ id: string }>(
    'INSERT INTO portals (portal_id, workspace_id) SELECT max(portal_id) + 1, $1 FROM portals RETURNING portal_id AS id',
    [workspaceId],
  );
  await pool.query(
    `INSERT INTO execution_history (id, workspace_id, portal_id, callback_id, state, received_at, finished_at)
     SELECT n, $1, $2, 'ap-' || n, 'completed', now(), now() FROM generate_series(1, $3::int) n`,
    [workspaceId, rows[0]!.id, history],
  );
  const key = newApiKey('test');
  await storeApiKey(forWorkspace(pool, workspaceId), {
    ...{ workspaceId, name: 'other', key, scopes: SCOPES, createdBy: 'test' },
  });
  return key.reveal();
}

export interface ListAnswer {
  readonly path: string;
  readonly status: number;
  readonly body: string;
}

const LISTS = ['/api/executions?limit=200', '/api/outbox/stats', '/api/events?limit=200', '/api/lanes'];

/**
 * Asks for lists and statistics as fast as they are answered, so many at once, within the limit of its key. `heard` is
 * told each answer, and undefined where there was none.
 */
export async function hammerLists(
  stack: Stack,
  key: string,
  width: number,
  end: AbortSignal,
  heard: (answer: ListAnswer | undefined) => void = () => undefined,
): Promise<void> {
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (let n = 0; !end.aborted; n += 1) {
        const answer = await ask(stack, LISTS[n % LISTS.length]!, key);
        heard(answer);
        if (answer === undefined || answer.status === 429) await delay(1000);
      }
    }),
  );
}

async function ask(stack: Stack, path: string, key: string): Promise<ListAnswer | undefined> {
  try {
    const response = await fetch(`${stack.apis[0]!.url}${path}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    return { path, status: response.status, body: await response.text() };
  } catch {
    return undefined; // the API is away
  }
}
