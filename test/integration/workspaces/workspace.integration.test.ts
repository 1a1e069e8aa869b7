import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runCli } from '../../../src/cli/program.js';
import { createDataKeys } from '../../../src/db/secrets/dataKeys.js';
import { notifySecretContext } from '../../../src/secrets/encryptionContext.js';
import { createSealing } from '../../../src/secrets/sealing.js';
import { Secret } from '../../../src/platform/secret.js';
import { createApiClient } from '../../support/apiClient.js';
import { createWorkspaceSettingsCache } from '../../../src/services/outbox/workspaceSettings.js';
import { WORKSPACE } from '../../support/throttle.js';
import { startApi, type ApiHarness } from '../http/harness.js';

let harness: ApiHarness;
beforeEach(async () => {
  harness = await startApi();
});
afterEach(() => harness.close());

const KEY = Buffer.alloc(32, 7).toString('base64');

interface Workspace {
  id: string;
  name: string;
  notifyUrl: string | null;
  hasNotifySecret: boolean;
  notifySecret?: string;
}

async function storedSecret(): Promise<string | undefined> {
  const { admin, pool } = harness.database;
  const { rows } = await admin.query<{ sealed: string | null }>(
    'SELECT notify_secret AS sealed FROM workspaces WHERE id = $1',
    [WORKSPACE],
  );
  const sealing = createSealing([{ id: 'dev', key: new Secret(KEY) }], createDataKeys(pool));
  return rows[0]?.sealed
    ? (await sealing.open(rows[0].sealed, notifySecretContext(WORKSPACE))).reveal()
    : undefined;
}

describe('PATCH /api/workspace', () => {
  it('renames it, and leaves the rest as it is', async () => {
    expect(await harness.api.patch('/api/workspace', { name: 'Acme' })).toMatchObject({
      status: 200,
      body: { id: WORKSPACE, name: 'Acme', notifyUrl: null, hasNotifySecret: false },
    });
    expect((await harness.api.get('/api/workspace')).body).toMatchObject({ name: 'Acme' });
  });

  it('says what becomes of events for people whom HubSpot has under another key; deliveries read it', async () => {
    const read = () =>
      createWorkspaceSettingsCache(harness.database.pool)
        .of(WORKSPACE)
        .then(({ foundByAnotherKey }) => foundByAnotherKey);
    expect(await read()).toBe('adopt');
    for (const foundByAnotherKey of ['wait', 'adopt'] as const) {
      const set = await harness.api.patch('/api/workspace', { foundByAnotherKey });
      expect(set).toMatchObject({ status: 200, body: { foundByAnotherKey } });
      expect(await read()).toBe(foundByAnotherKey);
    }
    expect((await harness.api.patch('/api/workspace', { foundByAnotherKey: 'guess' })).status).toBe(400);
  });

  it('sets where notices go: the secret is made, shown once, and stored sealed', async () => {
    const set = await harness.api.patch<Workspace>('/api/workspace', {
      notifyUrl: 'https://shop.example.com/s/canary',
    });
    expect(set.headers.get('cache-control')).toBe('no-store');
    const made = set.body.notifySecret;
    expect(made).toMatch(/^whsec_[\w-]{43}$/);
    expect(await storedSecret()).toBe(made);
    const shown = await harness.api.get<Workspace>('/api/workspace');
    expect(shown.body).toMatchObject({
      notifyUrl: 'https://shop.example.com/s/canary',
      hasNotifySecret: true,
    });
    const { rows } = await harness.database.admin.query<{ row: string }>(
      'SELECT w::text AS row FROM workspaces w',
    );
    expect(JSON.stringify([shown.body, rows])).not.toContain(made);

    const given = await harness.api.patch<Workspace>('/api/workspace', {
      notifySecret: 'a-secret-of-ones-own',
    });
    expect(given.body.notifySecret).toBeUndefined();
    expect(await storedSecret()).toBe('a-secret-of-ones-own');
    await harness.api.must('PATCH', '/api/workspace', { notifyUrl: null });
    expect(await storedSecret()).toBeUndefined();

    const { items } = await harness.api.must<{ items: { operation: string; subject: unknown }[] }>(
      'GET',
      '/api/audit',
    );
    expect(items.map(({ subject }) => subject).reverse()).toEqual([
      { changed: ['notifyUrl', 'notifySecret'], notifyHost: 'shop.example.com' },
      { changed: ['notifySecret'] },
      { changed: ['notifyUrl', 'notifySecret'] },
    ]);
    expect(JSON.stringify(items)).not.toContain('canary');
  });

  it.each([
    'http://shop.example.com',
    'ftp://shop.example.com',
    'https://user:secret@shop.example.com',
    'https://10.0.0.1/x',
    'https://[fd00::1]/x',
    'https://0x0a000001/',
    'https://intranet/x',
    'shop.example.com',
  ])('takes no notifyUrl such as %s', async (notifyUrl) => {
    const answer = await harness.api.patch<{ errors: { path: string }[] }>('/api/workspace', { notifyUrl });
    expect([answer.status, answer.body.errors[0]?.path]).toEqual([400, 'notifyUrl']);
  });

  it('takes a plain http URL of this machine, but not in production', async () => {
    expect((await harness.api.patch('/api/workspace', { notifyUrl: 'http://localhost:4000/n' })).status).toBe(
      200,
    );
    await harness.close();
    harness = await startApi(
      {},
      {
        NODE_ENV: 'production',
        PUBLIC_URL: 'https://sluice.example.com',
        ENCRYPTION_KEYS: `k1:${KEY}`,
        HUBSPOT_CLIENT_SECRET: 'a-secret-of-production',
      },
    );
    expect((await harness.api.patch('/api/workspace', { notifyUrl: 'http://localhost:4000/n' })).status).toBe(
      400,
    );
  });

  it('is for admin; reading is for every key', async () => {
    const reader = await harness.client({ scopes: ['throttle:read'] });
    expect((await reader.get('/api/workspace')).status).toBe(200);
    expect((await reader.patch('/api/workspace', { name: 'x' })).status).toBe(403);
    for (const wrong of [{}, { name: '' }, { notifySecret: 'short' }, { id: randomUUID() }])
      expect((await harness.api.patch('/api/workspace', wrong)).status).toBe(400);
  });
});

describe('sluice workspaces and workspace', () => {
  async function sluice(args: string[], key?: string) {
    const seen = { out: '', err: '' };
    const { url, adminUrl } = harness.database;
    const code = await runCli(args, {
      out: (text) => void (seen.out += text),
      err: (text) => void (seen.err += text),
      env: {
        NODE_ENV: 'test',
        DATABASE_URL: url.reveal(),
        DATABASE_ADMIN_URL: adminUrl.reveal(),
        ENCRYPTION_KEYS: `dev:${KEY}`,
        SLUICE_API_URL: harness.url,
        ...(key !== undefined && { SLUICE_API_KEY: key }),
      },
      cwd: '/',
    });
    return { code, ...seen };
  }

  it('makes a workspace with its first key, which administers it and sees nothing of others', async () => {
    const made = await sluice(['workspaces', 'create', 'Acme Ltd', '--json']);
    const { workspaceId, apiKey } = JSON.parse(made.out) as { workspaceId: string; apiKey: string };
    const api = createApiClient(() => harness.url, apiKey);
    expect((await api.get('/api/workspace')).body).toMatchObject({ id: workspaceId, name: 'Acme Ltd' });
    const entries = await api.must<{ items: { operation: string; actor: string }[] }>('GET', '/api/audit');
    expect(entries.items.map(({ operation, actor }) => [operation, actor])).toEqual([
      ['key.create', 'cli'],
      ['workspace.create', 'cli'],
    ]);
    expect((await sluice(['workspaces', 'list', '--wide'])).out).toMatch(
      new RegExp(`^${workspaceId} +Acme Ltd +\\S+Z +0 +1$`, 'm'),
    );

    const another = await sluice(['workspaces', 'key', workspaceId]);
    const key = /^API key {4}(\S+)$/m.exec(another.out)?.[1];
    expect((await createApiClient(() => harness.url, key ?? '').get('/api/keys')).status).toBe(200);
    expect((await sluice(['workspaces', 'key', randomUUID()])).code).toBe(1);
  });

  it("shows and sets one's own over the API", async () => {
    const key = await harness.key();
    const set = await sluice(
      ['workspace', 'set', '--name', 'Ours', '--notify-url', 'https://shop.example.com/n'],
      key,
    );
    expect(set.out).toMatch(/^Secret {2}whsec_/m);
    expect((await sluice(['workspaces', 'show'], key)).out).toMatch(
      /^notices go to +https:\/\/shop\.example\.com\/n$/m,
    );
    expect((await sluice(['workspaces', 'set', '--notify-url', 'none'], key)).out).toMatch(
      /^notices go to +-$/m,
    );
    expect((await sluice(['workspace', 'set'], key)).code).toBe(2);
    for (const name of ['', '  ', 'x'.repeat(101), 'a\nb'])
      expect([name, (await sluice(['workspaces', 'create', name])).code]).toEqual([name, 2]);
  });

  it('verifies the audit chains of all of them on the database itself', async () => {
    await sluice(['workspaces', 'create', 'Acme Ltd']);
    await sluice(['workspace', 'set', '--name', 'Ours'], await harness.key());
    const all = await sluice(['audit', 'verify', '--workspace', 'all']);
    expect([all.code, all.err]).toEqual([0, '']);
    expect(all.out).toMatch(/: 2 entries in order/);
    expect(all.out).toContain(`Workspace ${WORKSPACE}: 1 entry in order`);
    // Whoever looks with keys that are not the service's would leave a head that it cannot check, for good.
    const heads = await harness.database.admin.query('SELECT 1 FROM audit_heads');
    expect(heads.rowCount).toBe(0);

    await harness.database.admin.query(`UPDATE audit_entries SET actor = 'x' WHERE workspace_id = $1`, [
      WORKSPACE,
    ]);
    const broken = await sluice(['audit', 'verify', '--workspace', 'all', '--json']);
    expect(broken.code).toBe(1);
    const { items } = JSON.parse(broken.out) as { items: { workspaceId: string; ok: boolean }[] };
    expect(items.filter(({ ok }) => !ok).map(({ workspaceId }) => workspaceId)).toEqual([WORKSPACE]);
    expect((await sluice(['audit', 'verify', '--workspace', WORKSPACE])).out).toContain('entry 1: edited');
    expect((await sluice(['audit', 'verify', '--workspace', 'all', '--head', '1:x'])).code).toBe(2);
  });
});
