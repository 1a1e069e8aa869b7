import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startApi, type ApiHarness } from './harness.js';

let harness: ApiHarness;
beforeEach(async () => {
  harness = await startApi();
});
afterEach(() => harness.close());

const TOKEN = 'pat-eu1-canary-0123456789';

describe('POST /api/portals', () => {
  it('stores a portal with its token sealed: neither the table nor any answer shows it', async () => {
    const answer = await harness.api.post('/api/portals', {
      portalId: 42,
      accessToken: TOKEN,
      name: 'Acme',
      timeZone: 'Europe/Dublin',
    });
    expect(answer).toMatchObject({
      status: 201,
      body: { portalId: 42, name: 'Acme', timeZone: 'Europe/Dublin', state: 'active', tokenExpiresAt: null },
    });
    const { rows } = await harness.database.admin.query<{ row: string }>(
      'SELECT p::text AS row FROM portals p',
    );
    const listed = await harness.api.get('/api/portals');
    for (const text of [JSON.stringify(answer.body), JSON.stringify(listed.body), rows[0]?.row])
      expect(text).not.toContain('canary');
    expect(rows[0]?.row).toMatch(/,v2\.[\w-]+\./);
    expect(listed.body).toMatchObject({ items: [{ portalId: 42 }], next: null });
  });

  it('takes a new token of a portal that is there, and keeps its name', async () => {
    await harness.api.post('/api/portals', { portalId: 42, accessToken: TOKEN, name: 'Acme' });
    const again = await harness.api.post('/api/portals', { portalId: '42', accessToken: `${TOKEN}-2` });
    expect(again).toMatchObject({ status: 201, body: { portalId: 42, name: 'Acme' } });
    const { rows } = await harness.database.admin.query('SELECT token_version FROM portals');
    expect(rows).toEqual([{ token_version: 2 }]);
  });

  it.each([
    [{ portalId: 1.5 }, 'portalId'],
    [{ accessToken: '' }, 'accessToken'],
    [{ accessToken: 'two words here' }, 'accessToken'],
    [{ timeZone: 'Mars/Olympus' }, 'timeZone'],
    [{ name: ' ' }, 'name'],
    [{ refreshToken: 'x' }, 'refreshToken'],
  ])('refuses %j with the path %s, without repeating a token', async (wrong, path) => {
    const answer = await harness.api.post<{ errors: { path: string }[] }>('/api/portals', {
      portalId: 1,
      accessToken: TOKEN,
      ...wrong,
    });
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map((error) => error.path)).toEqual([path]);
    expect(JSON.stringify(answer.body)).not.toContain('canary');
  });
});

describe('GET /api/portals/:id/budget', () => {
  it('tells how much of HubSpot’s limit is used', async () => {
    const { admin } = harness.database;
    await harness.api.post('/api/portals', { portalId: 42, accessToken: TOKEN });
    await admin.query(
      `INSERT INTO budget_slots (portal_id, ring, n, workspace_id, free_at)
       SELECT 42, 'ten_secondly', n, workspace_id, now() + (n - 3.5) * interval '1 hour' FROM portals, generate_series(1, 10) n`,
    );
    expect((await harness.api.get('/api/portals/42/budget')).body).toMatchObject({
      portalId: 42,
      tenSecondly: { used: 7, free: 3 },
    });
    for (const id of ['43', 'abc', '0'])
      expect((await harness.api.get(`/api/portals/${id}/budget`)).status).toBe(404);
  });
});
