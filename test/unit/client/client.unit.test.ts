import { createHmac } from 'node:crypto';
import path from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it } from '@jest/globals';
import {
  createClient,
  HubSpotAuthError,
  HubSpotRateLimitError,
  HubSpotSyncError,
  HubSpotValidationError,
  SluiceError,
  verifyNotice,
  type components,
} from '../../../src/sdk/client/client.js';
import { clientTypes } from '../../support/clientTypes.js';
import { read, ROOT } from '../docs/documents.js';
import { ERRORS, type ErrorCode } from '../../../src/platform/errors.js';

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(status === 204 ? null : JSON.stringify(body), {
    status,
    headers: {
      'Content-Type': status >= 400 ? 'application/problem+json' : 'application/json',
      ...headers,
    },
  });
const problem = (status: number, code: ErrorCode, headers?: Record<string, string>) =>
  json(
    status,
    { type: `urn:sluice:${code}`, title: 'Title', status, class: ERRORS[code].class, detail: 'What to do' },
    headers,
  );

/** A client whose service gives these answers, one after the other; and what it was asked. */
function answering(...answers: Response[]) {
  const asked: Request[] = [];
  const client = createClient({
    url: 'https://sluice.example.com/',
    key: 'slc_test_1',
    fetch: ((request: Request) => {
      asked.push(request);
      const next = answers.shift();
      return next ? Promise.resolve(next) : Promise.reject(new Error('asked once too often'));
    }) as typeof fetch,
  });
  return { client, asked };
}

describe('the client', () => {
  it('asks with the key, and gives back what is answered', async () => {
    const { client, asked } = answering(json(200, { items: [], next: null }));
    expect(await client.get('/api/lanes', { params: { query: { portalId: 7, limit: 10 } } })).toEqual({
      items: [],
      next: null,
    });
    expect(asked[0]?.url).toBe('https://sluice.example.com/api/lanes?portalId=7&limit=10');
    expect(asked[0]?.headers.get('Authorization')).toBe('Bearer slc_test_1');
  });

  it('reads a list to its end, a page at a time and no further than is wanted', async () => {
    const page = (ids: string[], next: string | null) =>
      json(200, { items: ids.map((id) => ({ id })), next });
    const { client, asked } = answering(page(['1', '2'], '2'), page(['3'], null));
    const seen: string[] = [];
    for await (const { id } of client.each('/api/lanes', { limit: 2 })) seen.push(id);
    expect(seen).toEqual(['1', '2', '3']);
    expect(asked.map(({ url }) => new URL(url).search)).toEqual(['?limit=2', '?limit=2&after=2']);

    const first = answering(page(['1', '2'], '2'));
    for await (const { id } of first.client.each('/api/lanes')) if (id === '2') break;
    expect(first.asked).toHaveLength(1);
  });

  it('puts what is left open in the path of a list into each of its pages', async () => {
    const { client, asked } = answering(
      json(200, { items: [{ id: '1' }], next: '1' }),
      json(200, { items: [], next: null }),
    );
    const seen: string[] = [];
    for await (const { id } of client.each(
      '/api/objects/{objectType}',
      { limit: 1 },
      { objectType: 'deals' },
    ))
      seen.push(id);
    expect(seen).toEqual(['1']);
    expect(asked.map(({ url }) => url.replace('https://sluice.example.com', ''))).toEqual([
      '/api/objects/deals?limit=1',
      '/api/objects/deals?limit=1&after=1',
    ]);
  });

  it('does not read a feed as a list, which would ask for ever, nor a list of which the path is not said', () => {
    const wrong = ({ each }: ReturnType<typeof createClient>) => [
      // @ts-expect-error a feed has no end
      each('/api/changes'),
      // @ts-expect-error of which type?
      each('/api/objects/{objectType}'),
    ];
    expect(wrong).toBeInstanceOf(Function);
  });

  it.each([
    [400, 'invalid_input', HubSpotValidationError],
    [401, 'unauthorized', HubSpotAuthError],
    [403, 'forbidden', HubSpotAuthError],
    [404, 'not_found', HubSpotSyncError],
    [409, 'conflict', HubSpotSyncError],
    [422, 'idempotency_conflict', HubSpotValidationError],
    [500, 'internal', HubSpotSyncError],
  ] as const)('throws a problem of %s as an error of its class', async (status, code, type) => {
    const error: unknown = await answering(problem(status, code, { 'X-Request-Id': 'r-1' }))
      .client.get('/api/lanes')
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(type);
    expect(error).toBeInstanceOf(SluiceError);
    expect(error).toMatchObject({
      ...{ name: type.name, status, type: `urn:sluice:${code}`, message: 'What to do', requestId: 'r-1' },
    });
  });

  it('throws what is no problem of the service, too: a page of a proxy', async () => {
    const page = new Response('<html>', { status: 502, headers: { 'Content-Type': 'text/html' } });
    await expect(answering(page).client.get('/api/lanes')).rejects.toMatchObject({
      ...{ type: 'about:blank', status: 502, message: 'The service answered 502' },
    });
  });

  it('waits as long as it is asked to, and no longer than it may', async () => {
    const { client, asked } = answering(
      problem(429, 'too_many_requests', { 'Retry-After': '0' }),
      problem(503, 'unavailable', { 'Retry-After': '0' }),
      json(200, { items: [], next: null }),
    );
    await client.get('/api/lanes');
    expect(asked).toHaveLength(3);

    const long = answering(problem(429, 'too_many_requests', { 'Retry-After': '3600' }));
    const error: unknown = await long.client.get('/api/lanes').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HubSpotRateLimitError);
    expect(error).toMatchObject({ retryAfterMs: 3_600_000 });
  });

  it('reads and writes JSON as it is told to, for numbers that a double does not hold', async () => {
    const asked: string[] = [];
    const exact = createClient({
      ...{ url: 'https://sluice.example.com', key: 'slc_test_1' },
      fetch: (async (request: Request) => {
        asked.push(await request.text());
        return new Response('{"id":750727362669608961}', { status: 200 });
      }) as typeof fetch,
      json: { parse: (text) => `read ${text}`, stringify: () => '{"paused":true,"id":750727362669608961}' },
    });
    const init = { params: { path: { id: '1' } }, body: { paused: true } };
    expect(await exact.patch('/api/lanes/{id}', init)).toBe('read {"id":750727362669608961}');
    expect(asked).toEqual(['{"paused":true,"id":750727362669608961}']);
  });

  it('sends one Idempotency-Key with each try of a POST, and sends again what a repeat cannot double alone', async () => {
    const { client, asked } = answering(
      problem(503, 'unavailable', { 'Retry-After': '0' }),
      json(202, { id: '1', status: 'captured' }),
    );
    await client.post('/api/events', { body: { type: 'nova_earned', payload: {} } });
    const keys = asked.map(({ headers }) => headers.get('Idempotency-Key'));
    expect(keys).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), keys[0]]);

    const change = answering(problem(503, 'unavailable', { 'Retry-After': '0' }));
    const init = { params: { path: { id: '1' } }, body: { paused: true } };
    await expect(change.client.patch('/api/lanes/{id}', init)).rejects.toBeInstanceOf(HubSpotSyncError);
  });

  it('does not compile with a field, a path or a parameter that there is not', async () => {
    const wrong = async ({ get, patch, post }: ReturnType<typeof createClient>) => {
      // @ts-expect-error there is no such path
      await get('/api/lines');
      // @ts-expect-error there is no such parameter
      await get('/api/lanes', { params: { query: { portal: 7 } } });
      // @ts-expect-error there is no such field
      await patch('/api/lanes/{id}', { params: { path: { id: '1' } }, body: { pausd: true } });
      // @ts-expect-error none of several events has such a field
      await post('/api/events', { body: { events: [{ type: 'nova_earned', payload: {}, kee: 'x' }] } });
      // @ts-expect-error a lane has no such field
      return (await get('/api/lanes')).items[0]?.colour as unknown;
    };
    expect(wrong).toBeInstanceOf(Function);
  });

  it('names what is asked and answered by its word, and leaves out what has a default', async () => {
    const { client, asked } = answering(json(202, { id: '3' }));
    const redrive: components['schemas']['NewRedrive'] = { filter: { type: 'nova_earned' } };
    await client.post('/api/outbox/redrives', { body: redrive });
    expect(await asked[0]?.json()).toEqual({ filter: { type: 'nova_earned' } });
    const named = (lane: components['schemas']['Lane'], event: components['schemas']['NewEvent']) =>
      [lane.window.free, event.type] as const;
    expect(named).toBeInstanceOf(Function);
  });

  it('has the types of the operations; `npm run openapi` writes them anew', async () => {
    expect(read('src/sdk/client/schema.ts')).toBe(await clientTypes());
  });

  it('is small: 15 KB at most when it is minified, and needs nothing of Node', async () => {
    const { outputFiles } = await build({
      ...{ entryPoints: [path.join(ROOT, 'src/sdk/client/client.ts')], bundle: true, minify: true },
      ...{ format: 'esm', platform: 'browser', write: false },
    });
    expect(outputFiles[0]!.contents.length).toBeLessThanOrEqual(15 * 1024);
  });
});

describe('a notice', () => {
  const secret = 'whsec_0123456789abcdef';
  const body = '{"id":"4","kind":"portal.reauth_required"}';
  const signed = (t: number, text = body, by = secret) =>
    `t=${t},v1=${createHmac('sha256', by).update(`${t}.${text}`).digest('hex')}`;

  it('is genuine with the right signature, as text and as bytes', async () => {
    const signature = signed(1000);
    expect(await verifyNotice({ secret, signature, body }, 1100)).toBe(true);
    expect(await verifyNotice({ secret, signature, body: Buffer.from(body) }, 1100)).toBe(true);
  });

  it.each([
    ['another body', signed(1000, '{}')],
    ['another secret', signed(1000, body, 'other-secret-of-16')],
    ['an old time', signed(500)],
    ['none', null],
    ['something else', 'v1=00'],
  ])('is not genuine with a signature of %s', async (_, signature) => {
    expect(await verifyNotice({ secret, signature, body }, 1000)).toBe(false);
  });
});
