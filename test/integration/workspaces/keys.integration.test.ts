import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runCli } from '../../../src/cli/program.js';
import { createApiClient } from '../../support/apiClient.js';
import { until } from '../../support/until.js';
import { WORKSPACE } from '../../support/throttle.js';
import { OTHER_WORKSPACE, startApi, type ApiHarness } from '../http/harness.js';

let harness: ApiHarness;
beforeEach(async () => {
  harness = await startApi();
});
afterEach(() => harness.close());

interface Key {
  id: string;
  key?: string;
  name: string;
  scopes: string[];
  state: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
  rotatedFrom: string | null;
  rotatedTo: string | null;
}

const withKey = (key: string | undefined) => createApiClient(() => harness.url, key ?? '');
const create = (body: Record<string, unknown>) =>
  harness.api.must<Key>('POST', '/api/keys', { name: 'shop', scopes: ['throttle:read'], ...body });
const show = (id: string) => harness.api.must<Key>('GET', `/api/keys/${id}`);
const statusOf = async (key: string | undefined) => (await withKey(key).get('/api/lanes')).status;
const audited = async () =>
  (
    await harness.api.must<{ items: { operation: string; result: string; subject: unknown }[] }>(
      'GET',
      '/api/audit',
    )
  ).items;

describe('an API key', () => {
  it('is shown when it is made and never again, and can do what its scopes say', async () => {
    const answer = await harness.api.post<Key>('/api/keys', { name: 'shop', scopes: ['throttle:read'] });
    expect(answer).toMatchObject({
      status: 201,
      body: {
        name: 'shop',
        scopes: ['throttle:read'],
        state: 'active',
        expiresAt: null,
        key: expect.stringMatching(/^slc_test_/),
      },
    });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const { key, id } = answer.body;
    expect(await statusOf(key)).toBe(200);
    expect((await withKey(key).get('/api/keys')).status).toBe(403);
    const secret = key!.slice(-39);
    const rest = JSON.stringify([
      await show(id),
      await harness.api.must('GET', '/api/keys'),
      await audited(),
    ]);
    expect(rest).not.toContain(secret);
    await until('its use is noted', async () => (await show(id)).lastUsedAt, 5000);
  });

  it('works until its expiry', async () => {
    const { key, id } = await create({ expiresAt: new Date(Date.now() + 1500).toISOString() });
    expect(await statusOf(key)).toBe(200);
    await until('it has expired', async () => (await statusOf(key)) === 401, 5000);
    expect((await show(id)).state).toBe('expired');
    expect((await harness.api.post(`/api/keys/${id}/rotate`, {})).status).toBe(409);
  });

  it('that is revoked is shut out of every process at once, not when its cache runs out', async () => {
    const { key, id } = await create({});
    expect(await statusOf(key)).toBe(200);
    expect((await harness.api.delete(`/api/keys/${id}`)).status).toBe(204);
    await until('it is refused', async () => (await statusOf(key)) === 401, 3000, 5);
    expect((await show(id)).state).toBe('revoked');
    expect((await harness.api.delete(`/api/keys/${id}`)).status).toBe(204);
  });

  it('that is revoked by hand in the database is shut out at once, too', async () => {
    const { key, id } = await create({});
    expect(await statusOf(key)).toBe(200);
    await harness.database.admin.query('UPDATE api_keys SET revoked_at = now() WHERE id = $1', [id]);
    await until('it is refused', async () => (await statusOf(key)) === 401, 3000, 5);
  });

  it('is rotated: the successor works, the old one for a while or no longer', async () => {
    const first = await create({ scopes: ['throttle:read', 'crm'], expiresAt: '2099-01-01T00:00:00Z' });
    const second = await harness.api.must<Key>('POST', `/api/keys/${first.id}/rotate`, {});
    expect(second).toMatchObject({ name: 'shop', scopes: ['throttle:read', 'crm'], rotatedFrom: first.id });
    expect(second.expiresAt).toBe('2099-01-01T00:00:00.000Z');
    expect([await statusOf(first.key), await statusOf(second.key)]).toEqual([200, 200]);
    const graceMs = Date.parse((await show(first.id)).expiresAt ?? '') - Date.now();
    expect(graceMs).toBeGreaterThan(23.9 * 3_600_000);
    expect(graceMs).toBeLessThan(24.1 * 3_600_000);
    const again = await harness.api.post<{ detail: string }>(`/api/keys/${first.id}/rotate`, {});
    expect([again.status, again.body.detail]).toEqual([409, expect.stringContaining(second.id)]);

    const third = await harness.api.must<Key>('POST', `/api/keys/${second.id}/rotate`, { graceSeconds: 0 });
    await until('the old one is refused', async () => (await statusOf(second.key)) === 401, 3000, 5);
    expect(await statusOf(third.key)).toBe(200);
  });

  it('rotated by two at once has one successor', async () => {
    const { id } = await create({});
    const answers = await Promise.all([1, 2, 3].map(() => harness.api.post(`/api/keys/${id}/rotate`, {})));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
  });

  it('may rotate itself, but nobody else, and not live longer by it', async () => {
    const first = await create({});
    const other = await create({});
    const own = withKey(first.key);
    expect((await own.post(`/api/keys/${other.id}/rotate`, {})).status).toBe(403);
    expect((await own.post(`/api/keys/${first.id}/rotate`, { expiresAt: null })).status).toBe(403);
    const rotated = await own.post<Key>(`/api/keys/${first.id}/rotate`, { graceSeconds: 0 });
    expect(rotated.status).toBe(201);
    expect(await statusOf(rotated.body.key)).toBe(200);
  });
});

describe('keys of a workspace', () => {
  it('are listed newest first, page by page', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 3; n += 1) ids.unshift((await create({ name: `key ${n}` })).id);
    const first = await harness.api.must<{ items: Key[]; next: string }>('GET', '/api/keys?limit=2');
    expect(first.items.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    const rest = await harness.api.must<{ items: Key[] }>('GET', `/api/keys?limit=2&after=${first.next}`);
    expect(rest.items[0]?.id).toBe(ids[2]);
  });

  it('never lose the last one that may manage them', async () => {
    const admin = await create({ scopes: ['admin'] });
    const client = withKey(admin.key);
    const all = (await client.must<{ items: Key[] }>('GET', '/api/keys')).items;
    const others = all.filter(({ id, scopes }) => scopes.includes('admin') && id !== admin.id);
    for (const { id } of others) expect((await client.delete(`/api/keys/${id}`)).status).toBe(204);
    const refused = await client.delete(`/api/keys/${admin.id}`);
    expect(refused).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('last key with the scope admin') },
    });

    // One that was replaced and is about to end does not count.
    const next = await client.must<Key>('POST', `/api/keys/${admin.id}/rotate`, {});
    expect((await client.delete(`/api/keys/${next.id}`)).status).toBe(409);
    expect((await client.delete(`/api/keys/${admin.id}`)).status).toBe(204);
  });

  it('never lose it by two revocations at once either', async () => {
    const [a, b] = [await create({ scopes: ['admin'] }), await create({ scopes: ['admin'] })];
    const all = (await withKey(a.key).must<{ items: Key[] }>('GET', '/api/keys')).items;
    for (const { id } of all.filter((one) => one.id !== a.id && one.id !== b.id))
      expect((await withKey(a.key).delete(`/api/keys/${id}`)).status).toBe(204);
    const answers = await Promise.all([
      withKey(a.key).delete(`/api/keys/${b.id}`),
      withKey(b.key).delete(`/api/keys/${a.id}`),
    ]);
    expect(answers.map(({ status }) => status).filter((status) => status === 204)).toHaveLength(1);
    const { rows } = await harness.database.admin.query(
      `SELECT count(*)::int AS admins FROM api_keys WHERE workspace_id = $1 AND revoked_at IS NULL AND 'admin' = ANY (scopes)`,
      [WORKSPACE],
    );
    expect(rows).toEqual([{ admins: 1 }]);
  });

  it("are nobody else's: another workspace's key is no key", async () => {
    const { id } = await create({});
    const theirs = await harness.client({ workspaceId: OTHER_WORKSPACE });
    const nobodys = '00000000-0000-4000-8000-0000000000ff';
    for (const [method, suffix] of [
      ['GET', ''],
      ['POST', '/rotate'],
      ['DELETE', ''],
    ] as const) {
      const ask = (of: string) =>
        fetch(`${harness.url}/api/keys/${of}${suffix}`, {
          method,
          headers: { authorization: `Bearer ${key}` },
        });
      const key = await harness.key({ workspaceId: OTHER_WORKSPACE });
      const [masked, missing] = [await ask(id), await ask(nobodys)];
      expect(masked.status).toBe(404);
      expect(await masked.text()).toBe(await missing.text());
    }
    expect(
      (await theirs.must<{ items: Key[] }>('GET', '/api/keys')).items.map((one) => one.id),
    ).not.toContain(id);
    expect((await show(id)).state).toBe('active');
  });

  it.each([
    [{ scopes: [] }, 'scopes'],
    [{ scopes: ['root'] }, 'scopes.0'],
    [{ name: '' }, 'name'],
    [{ expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
    [{ expiresAt: 'soon' }, 'expiresAt'],
    [{ workspaceId: OTHER_WORKSPACE }, 'workspaceId'],
  ])('are not made of %j', async (wrong, path) => {
    const answer = await harness.api.post<{ errors: { path: string }[] }>('/api/keys', {
      name: 'x',
      scopes: ['crm'],
      ...wrong,
    });
    expect([answer.status, answer.body.errors?.map((error) => error.path)]).toEqual([400, [path]]);
  });
});

describe('what is audited of keys', () => {
  it('is each change, and who was refused: once a minute and route, whoever asks how often', async () => {
    const { id, key } = await create({});
    const rotated = await harness.api.must<Key>('POST', `/api/keys/${id}/rotate`, { graceSeconds: 0 });
    await until('the old one is refused', async () => (await statusOf(key)) === 401, 3000, 5);
    for (let n = 0; n < 3; n += 1) {
      expect(await statusOf(key)).toBe(401);
      expect((await withKey(rotated.key).get('/api/keys')).status).toBe(403);
    }
    await harness.api.delete(`/api/keys/${rotated.id}`);
    const entries = (await audited())
      .reverse()
      .map(({ operation, result, subject }) => [operation, result, subject]);
    expect(entries).toEqual([
      ['key.create', 'ok', { keyId: id, scopes: ['throttle:read'], expiresAt: null }],
      ['key.rotate', 'ok', { keyId: id, successorId: rotated.id, graceSeconds: 0 }],
      ['access.refused', 'unauthorized', { route: 'GET /api/lanes' }],
      ['access.refused', 'forbidden', { route: 'GET /api/keys' }],
      ['key.revoke', 'ok', { keyId: rotated.id }],
    ]);
  });
});

describe('sluice api-keys', () => {
  async function sluice(...args: string[]) {
    const seen = { out: '', err: '' };
    const code = await runCli(args, {
      out: (text) => void (seen.out += text),
      err: (text) => void (seen.err += text),
      env: { SLUICE_API_URL: harness.url, SLUICE_API_KEY: await harness.key() },
      cwd: '/',
    });
    return { code, ...seen };
  }

  it('makes, lists, shows, rotates and revokes', async () => {
    const made = await sluice(
      'api-keys',
      'create',
      'shop',
      '--scope',
      'throttle:read',
      '--scope',
      'crm',
      '--expires',
      '90d',
    );
    const [id, key] = [
      /^id +(\S+)$/m.exec(made.out)?.[1],
      /^API key {2}(slc_test_\S+)$/m.exec(made.out)?.[1],
    ];
    expect(await statusOf(key)).toBe(200);
    expect((await sluice('api-keys', 'list', '--wide')).out).toMatch(
      new RegExp(`^${id} +shop +slc_test_\\S{4} +active +throttle:read crm +\\S+Z`, 'm'),
    );
    const days = (Date.parse((await show(id!)).expiresAt ?? '') - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(90);

    const rotated = await sluice('api-keys', 'rotate', id!, '--grace', '0s', '--json');
    const next = JSON.parse(rotated.out) as Key;
    expect((await sluice('api-keys', 'show', id!)).out).toMatch(new RegExp(`^replaced by +${next.id}$`, 'm'));
    expect(await sluice('api-keys', 'revoke', next.id, '--yes')).toEqual({
      code: 0,
      out: `Key ${next.id} is revoked\n`,
      err: '',
    });
    expect((await sluice('api-keys', 'show', 'x/../y')).err).toBe('There is no such key\n');
    expect((await sluice('api-keys', 'create', 'shop', '--scope', 'root')).code).toBe(1);
    expect((await sluice('api-keys', 'create', 'shop')).code).toBe(2);
    expect((await sluice('api-keys', 'rotate', id!, '--grace', 'long')).code).toBe(2);
  });
});
