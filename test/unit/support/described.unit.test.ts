import { describe, expect, it } from '@jest/globals';
import { expectDescribed } from '../../support/described.js';

const START = '/api/integrations/hubspot/start/a-token';
const asked = (path: string, status: number, contentType: string, body: unknown) =>
  expectDescribed({
    ...{ method: 'GET', url: `https://sluice.example.com${path}`, status, contentType },
    text: typeof body === 'string' ? body : JSON.stringify(body),
  });
const alive = { status: 'alive', uptimeSeconds: 1 };
const problem = (code: string) => ({
  type: `urn:sluice:${code}`,
  title: 'x',
  status: 410,
  class: 'HubSpotSyncError',
  detail: 'x',
});

describe('what is compared with the description of its route', () => {
  it('passes where it is as described, and where nothing is', () => {
    asked('/healthz', 200, 'application/json; charset=utf-8', alive);
    asked(START, 410, 'text/html; charset=utf-8', '<html></html>');
    asked(START, 410, 'application/problem+json; charset=utf-8', problem('install_expired'));
    asked('/oauth/authorize', 200, 'text/html', '<html></html>');
  });

  it.each([
    ['another field', '/healthz', 200, 'application/json', { ...alive, more: 1 }, /more/],
    ['another status', '/healthz', 201, 'application/json', alive, /201/],
    ['another type', '/healthz', 200, 'text/plain', 'alive', /another type/],
    ['a page where there is none', '/healthz', 200, 'text/html', '<html></html>', /another type/],
    ['another problem', START, 403, 'application/problem+json', problem('install_denied'), /install_denied/],
  ])('fails for %s', (_, path, status, type, body, message) => {
    expect(() => asked(path, status, type, body)).toThrow(message);
  });
});
