import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type ApiHarness } from './harness.js';

let harness: ApiHarness;
beforeAll(async () => {
  harness = await startApi();
  for (const portalId of [42, 43])
    await harness.api.must('POST', '/api/portals', {
      portalId,
      accessToken: `pat-eu1-0123456789-${portalId}`,
    });
  await harness.database.admin.query(
    `INSERT INTO request_log (workspace_id, portal_id, at, method, path, status, outcome, ms, priority, ring)
     SELECT workspace_id, portal_id, now(), 'GET', '/crm', 200, 'ok', 1, 'sync', 'ten_secondly' FROM portals, generate_series(1, 2)`,
  );
  await harness.key();
});
afterAll(() => harness.close());

interface Page {
  readonly items: readonly unknown[];
  readonly next: string | null;
}

describe('a page of a list', () => {
  it.each(['/api/portals', '/api/portals/42/requests', '/api/keys', '/api/notices', '/api/audit'])(
    'leads to the next one, and says that it is the last one also when it is full: GET %s',
    async (path) => {
      const all = await harness.api.must<Page>('GET', path);
      expect(all.items).toHaveLength(2);
      expect(await harness.api.must<Page>('GET', `${path}?limit=2`)).toEqual({
        items: all.items,
        next: null,
      });
      const first = await harness.api.must<Page>('GET', `${path}?limit=1`);
      expect(first).toEqual({ items: all.items.slice(0, 1), next: expect.any(String) });
      const second = await harness.api.must<Page>('GET', `${path}?limit=1&after=${first.next}`);
      expect(second).toEqual({ items: all.items.slice(1), next: null });
    },
  );
});
