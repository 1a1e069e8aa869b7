import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OPERATIONS } from '../../../src/api/operations.js';
import { startApi, type ApiHarness } from './harness.js';

/** Routes that are not described as operations yet. Whoever describes one takes it out of here. */
const NOT_YET: readonly string[] = [
  'DELETE /api/outbox/mappings/{name}',
  'GET /api/events',
  'GET /api/events/{id}',
  'GET /api/integrations/hubspot/callback',
  'GET /api/integrations/hubspot/claim/{code}',
  'GET /api/integrations/hubspot/start/{token}',
  'GET /api/openapi.json',
  'GET /api/outbox/dead-letters',
  'GET /api/outbox/mappings',
  'GET /api/outbox/mappings/{name}',
  'GET /api/outbox/redrives',
  'GET /api/outbox/redrives/{id}',
  'GET /api/outbox/stats',
  'GET /api/outbox/types',
  'POST /api/events',
  'POST /api/hubspot/action',
  'POST /api/integrations/hubspot/start/{token}',
  'POST /api/outbox/discards',
  'POST /api/outbox/mappings/{name}/preview',
  'POST /api/outbox/portals/{portalId}/pause',
  'POST /api/outbox/portals/{portalId}/resume',
  'POST /api/outbox/redrives',
  'POST /api/outbox/redrives/{id}/cancel',
  'POST /api/outbox/replays',
  'PUT /api/outbox/mappings/{name}',
  'PUT /api/outbox/types/{type}',
];

let harness: ApiHarness;
beforeAll(async () => {
  harness = await startApi();
});
afterAll(() => harness.close());

const mounted = () =>
  harness.routes
    .filter(({ path }) => path.startsWith('/api/'))
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}').replace(/\/$/, '')}`);
const described = OPERATIONS.map(({ method, path }) => `${method.toUpperCase()} ${path}`);

describe('the routes of the API', () => {
  it('are described as operations, each of them', () => {
    expect(
      mounted()
        .filter((route) => !described.includes(route))
        .sort(),
    ).toEqual([...NOT_YET].sort());
  });

  it('are mounted where an operation describes one', () => {
    expect(described.filter((route) => !mounted().includes(route))).toEqual([]);
  });
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
