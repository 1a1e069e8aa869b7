import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OPERATIONS } from '../../../src/api/operations.js';
import { expectDescribed } from '../../support/described.js';
import { startApi, type ApiHarness } from './harness.js';

let harness: ApiHarness;
beforeAll(async () => {
  harness = await startApi();
});
afterAll(() => harness.close());

const mounted = () =>
  harness.routes.map(
    ({ method, path }) => `${method} ${path.replace(/[:*](\w+)/g, '{$1}').replace(/(?<=.)\/$/, '')}`,
  );
const described = OPERATIONS.map(({ method, path }) => `${method.toUpperCase()} ${path}`);

describe('the routes of the API', () => {
  it('are described as operations, each of them', () => {
    expect(
      mounted()
        .filter((route) => !described.includes(route))
        .sort(),
    ).toEqual([]);
  });

  it('are mounted where an operation describes one', () => {
    expect(described.filter((route) => !mounted().includes(route))).toEqual([]);
  });
});

describe('a route with code of its own', () => {
  const get = (path: string, accept = 'application/json') =>
    fetch(`${harness.url}${path}`, { headers: { accept }, redirect: 'manual' });

  it.each([
    ['/', 200],
    ['/healthz', 200],
    ['/readyz', 200],
    ['/api/openapi.json', 200],
    ['/docs/openapi.yaml', 200],
    ['/docs', 200],
    ['/api/docs', 200],
    ['/docs/guide', 200],
    ['/docs/guide/decisions/README', 200],
    ['/api/integrations/hubspot/start/never-made', 410],
    ['/api/integrations/hubspot/claim/never-made', 410],
    ['/api/integrations/hubspot/callback?error=access_denied', 403],
  ])('answers as it is described: GET %s', async (path, status) => {
    const answer = await get(path);
    expect(answer.status).toBe(status);
    const contentType = answer.headers.get('content-type');
    const url = `${harness.url}${path}`;
    expectDescribed({ method: 'GET', url, status, contentType, text: await answer.text() });
  });

  it.each(['/', '/api/integrations/hubspot/start/never-made'])(
    'answers a browser by a page, as it is described: GET %s',
    async (path) => {
      const answer = await get(path, 'text/html');
      const contentType = answer.headers.get('content-type');
      expect(contentType).toMatch(/^text\/html/);
      const described = OPERATIONS.filter(({ page }) => page).map(({ path: at }) => at);
      expect(described).toContain(path.replace('never-made', '{token}'));
    },
  );
});

describe('what the API says of itself', () => {
  it('is an OpenAPI document for whoever asks, as JSON and as YAML', async () => {
    const json = await fetch(`${harness.url}/api/openapi.json`);
    expect([json.status, json.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
    expect(await json.json()).toMatchObject({
      openapi: '3.1.0',
      paths: { '/api/lanes': { get: { operationId: 'listLanes' } } },
    });
    const yaml = await fetch(`${harness.url}/docs/openapi.yaml`);
    expect(yaml.headers.get('content-type')).toMatch(/^application\/yaml/);
    expect(await yaml.text()).toMatch(/^openapi: 3\.1\.0\n/);
  });

  it('says of a query parameter that is not known that there is none', async () => {
    const answer = await harness.api.get('/api/lanes/1?verbose=1');
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: 'verbose' }] } });
  });
});
