import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type ApiHarness } from './harness.js';

let harness: ApiHarness;
beforeAll(async () => (harness = await startApi()));
afterAll(() => harness.close());

describe('the address of the API', () => {
  it('says in a browser what this is and where things are, without a key', async () => {
    const response = await fetch(`${harness.url}/`, { headers: { accept: 'text/html' } });
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/html; charset=utf-8',
    ]);
    const page = await response.text();
    for (const link of [...page.matchAll(/href="([^"]+)"/g)].map(([, href]) => href))
      expect([link, (await fetch(harness.url + link)).status]).not.toEqual([link, 404]);
    expect(page).toMatch(/href="\/readyz"[^]*href="\/healthz"/);
    expect(page).toMatch(
      /href="\/docs"[^]*npx sluice --help[^]*href="\/docs\/guide\/connecting"[^]*\/api\/hubspot\/action/,
    );
  });

  it('says so as JSON to a program', async () => {
    const response = await fetch(`${harness.url}/`, { headers: { accept: 'application/json' } });
    expect(await response.json()).toMatchObject({ name: 'Sluice', health: '/healthz', ready: '/readyz' });
  });
});
