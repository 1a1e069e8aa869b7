import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError } from '../../../src/platform/errors.js';
import type { Priority } from '../../../src/domain/hubspot/priorities.js';
import type { Budget, Permit } from '../../../src/hubspot/budget/permit.js';
import type { Budgets } from '../../../src/hubspot/budget/budgets.js';
import { createGateway, type Gateway, type GatewayRequest } from '../../../src/hubspot/gateway/gateway.js';
import type { Tokens } from '../../../src/hubspot/tokens/tokens.js';
import { createLogger } from '../../../src/platform/logger.js';
import { Secret } from '../../../src/platform/secret.js';
import { until } from '../../support/until.js';

/*
 * The gateway against a real HTTP server that behaves badly. The budget is a stand-in that notes what became of its
 * permits.
 */

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const PORTAL = 7;
const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
const completion = {
  inputs: [{ callbackId: 'ap-7-1-1-0', outputFields: { hs_execution_state: 'SUCCESS' }, typedOutputs: {} }],
};

let server: Server;
let gateway: Gateway;
let handler: Handler;
let requests: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[];
let sockets: Set<Socket>;
let connections: number;
let permits: { state: 'out' | 'used' | 'back'; ageMs?: number }[];
let corrections: { remaining: number; max: number }[];
let blocks: { bucket: string; ms: number; reason: string }[];
let notes: string[];
let buckets: string[];
let refused: number[];
/** Which of its tokens the portal has. */
let tokenVersion: number;
/** Of the portal, as the process has read it and as it is. */
let [cachedOwner, owner] = ['', ''];
let expiresInMs: number;
let block: { ms: number; reason: string } | undefined;
let refusal: Error | undefined;
let tokenError: Error | undefined;
let refreshError: Error | undefined;

function permit(): Permit {
  const entry: (typeof permits)[number] = { state: 'out' };
  permits.push(entry);
  return {
    portalId: PORTAL,
    get expiresInMs() {
      return expiresInMs;
    },
    use(ageMs) {
      if (entry.state === 'out') Object.assign(entry, { state: 'used', ageMs });
    },
    giveBack() {
      if (entry.state === 'out') entry.state = 'back';
    },
  };
}

const budget: Budget = {
  acquire: (_, __, signal) =>
    new Promise((resolve, reject) => {
      if (refusal) return reject(refusal);
      if (!block) return resolve(permit());
      signal?.addEventListener('abort', () => reject(new Error('aborted')));
    }),
  correct: (_, seen) => void corrections.push({ remaining: seen.remaining, max: seen.max }),
  block() {},
  unblock() {},
  blocked: () => block,
  stop: async () => {},
};

const budgets: Budgets = {
  of(bucket) {
    buckets.push(bucket);
    return budget;
  },
  block: async (_, bucket, ms, reason) => void blocks.push({ bucket, ms, reason }),
  note: (_, event) => void notes.push(event.kind),
  stop: async () => {},
};

const tokens: Pick<Tokens, 'accessToken' | 'refreshNow' | 'timeZone'> = {
  accessToken: async () => {
    if (tokenError) throw tokenError;
    return {
      secret: new Secret('secret-token'),
      version: tokenVersion,
      portal: { workspaceId: cachedOwner },
    };
  },
  refreshNow: async (_, { ifVersion }) => {
    refused.push(ifVersion);
    if (refreshError) throw refreshError;
    return {
      ...{ secret: new Secret(`token-${ifVersion + 1}`), version: ifVersion + 1 },
      portal: { workspaceId: owner },
    };
  },
  timeZone: () => 'UTC',
};

beforeEach(async () => {
  [requests, permits, corrections, blocks, refused, connections] = [[], [], [], [], [], 0];
  [notes, buckets, tokenVersion] = [[], [], 1];
  [cachedOwner, owner] = ['theirs', 'theirs'];
  sockets = new Set();
  expiresInMs = 3000;
  block = refusal = tokenError = refreshError = undefined;
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      requests.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
      handler(request, response, body);
    });
  });
  server.on('connection', (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => {}); // we break them on purpose
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  gateway = openGateway(`http://127.0.0.1:${port}`);
});

afterEach(async () => {
  await gateway.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  expect(permits.filter(({ state }) => state === 'out')).toEqual([]); // every permit was used or given back
});

function openGateway(origin: string): Gateway {
  return createGateway({
    budgets,
    tokens,
    config: { HUBSPOT_API_BASE_URL: origin, HUBSPOT_API_VERSION: '2026-03', HUBSPOT_API_VERSIONS: {} },
    logger,
    random: () => 0,
  });
}

function send(
  changes: {
    portalId?: number;
    workspaceId?: string;
    deadlineMs?: number;
    mostWaitMs?: number;
    permit?: Permit;
    maySend?: () => boolean;
  } = {},
) {
  const request: GatewayRequest = {
    portalId: PORTAL,
    priority: 'completion',
    resource: 'completeCallbacks',
    body: completion,
    ...changes,
  };
  return gateway.request(request);
}

function answer(status: number, body = '', headers: Record<string, string> = {}): Handler {
  return (_, response) => response.writeHead(status, headers).end(body);
}

/** A refusal in HubSpot's own words. */
const refusing = (status: number) =>
  answer(status, JSON.stringify({ status: 'error', message: 'no', correlationId: 'c-1' }));

describe('a request', () => {
  it('goes to the path of the version, with the token, as JSON', async () => {
    handler = answer(204);
    expect(await send()).toMatchObject({ kind: 'ok', status: 204 });
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({
      method: 'POST',
      url: '/automation/actions/callbacks/2026-03/complete',
      headers: {
        authorization: 'Bearer secret-token',
        'content-type': 'application/json',
        accept: 'application/json',
      },
    });
    expect(JSON.parse(requests[0]!.body)).toEqual(completion);
    expect(permits).toMatchObject([{ state: 'used' }]);
  });

  it('for a workspace is never sent with the token of another one that has the portal now', async () => {
    handler = answer(204);
    expect(await send({ workspaceId: 'ours' })).toMatchObject({ kind: 'unauthorized' });
    expect([requests, permits]).toEqual([[], []]);
    expect(await send({ workspaceId: 'theirs' })).toMatchObject({ kind: 'ok' });
    expect(refused).toEqual([-1]); // the row was looked at once
  });

  it('for a workspace goes at once where the portal has come to it since its token was read', async () => {
    handler = answer(204);
    owner = 'ours';
    expect(await send({ workspaceId: 'ours' })).toMatchObject({ kind: 'ok' });
    expect(requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-0']);
    expect(await send({ workspaceId: 'another' })).toMatchObject({ kind: 'unauthorized' });
    expect(requests).toHaveLength(1);
  });

  it('of a portal whose answers do not come leaves the other portals their connections', async () => {
    const hung = { now: 0, most: 0 };
    handler = (_, response, body) => {
      if (body === '{"inputs":[]}') return void response.writeHead(204).end();
      hung.most = Math.max(hung.most, (hung.now += 1));
      response.on('close', () => (hung.now -= 1));
    };
    const ask = (portalId: number) =>
      gateway.request({
        ...{ portalId, priority: 'outbox', resource: 'completeCallbacks' },
        body: portalId === PORTAL ? completion : { inputs: [] },
        deadlineMs: 4000,
      });
    const hanging = Array.from({ length: 400 }, () => ask(PORTAL));
    await until('the portal has its share', () => requests.length === 64, 2000);
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => ask(8)));
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['ok']));
    const kinds = (await Promise.all(hanging)).map(({ kind }) => kind);
    expect(hung.most).toBe(64);
    expect(new Set(kinds)).toEqual(new Set(['unknown', 'unavailable']));
    // What hung counts against the portal; what was not sent does not.
    const failed = notes.filter((kind) => kind === 'failed');
    expect(failed).toHaveLength(kinds.filter((kind) => kind === 'unknown').length);
  });

  it("that reads in the background leaves half of its portal's connections to completions and to what people wait for", async () => {
    let hanging = 0;
    handler = (_, response, body) => {
      if (body !== '{"inputs":[]}') hanging += 1;
      else response.writeHead(204).end();
    };
    const ask = (priority: Priority, body: typeof completion) =>
      gateway.request({
        ...{ portalId: PORTAL, priority, resource: 'completeCallbacks', body },
        deadlineMs: 4000,
      });
    const background = Array.from({ length: 100 }, (_, n) =>
      ask(n % 2 === 0 ? 'backfill' : 'sync', completion),
    );
    await until('no more of them are sent', () => hanging === 32, 2000);
    // None of the others waits for an answer to those that hang.
    for (const priority of ['completion', 'interactive', 'outbox'] as const)
      expect(await ask(priority, { inputs: [] })).toMatchObject({ kind: 'ok' });
    expect(hanging).toBe(32);
    await Promise.all(background);
  });

  it('percent-encodes what goes into the path', async () => {
    handler = answer(204);
    await gateway.request({
      portalId: PORTAL,
      priority: 'completion',
      resource: 'completeCallback',
      params: { callbackId: 'a/../b?c#d' },
      body: { outputFields: {}, typedOutputs: {} },
    });
    expect(requests[0]!.url).toBe('/automation/actions/callbacks/2026-03/a%2F..%2Fb%3Fc%23d/complete');
  });

  it('that has no path gives its permit back, and says what is wrong', async () => {
    const { resource, params } = {
      resource: 'readObject' as const,
      params: { objectType: 'contacts', objectId: '..' },
    };
    await expect(gateway.request({ portalId: PORTAL, priority: 'sync', resource, params })).rejects.toThrow(
      RangeError,
    );
    expect(permits).toMatchObject([{ state: 'back' }]);
  });

  it('sends nothing when its caller may not any more, however long it waited for its turn', async () => {
    const outcome = await send({ maySend: () => false });
    expect(outcome).toMatchObject({ kind: 'unavailable', reason: 'permit' });
    expect(requests).toEqual([]);
  });

  it('keeps its connections', async () => {
    handler = answer(204);
    for (let i = 0; i < 20; i += 1) await send();
    expect(connections).toBeLessThanOrEqual(2);
  });

  it('uses the permit that it is given, and counts its answer from the first byte of it', async () => {
    handler = (_, response) => {
      response.writeHead(200).write('{');
      setTimeout(() => response.end('}'), 150);
    };
    expect(await send({ permit: permit() })).toMatchObject({ kind: 'ok' });
    expect(permits).toHaveLength(1);
    expect(permits[0]).toMatchObject({ state: 'used' });
    expect(permits[0]!.ageMs).toBeGreaterThan(100);
  });
});

describe('what HubSpot says about its limits', () => {
  it('corrects the budget by the headers of an answer', async () => {
    handler = answer(204, '', { 'X-HubSpot-RateLimit-Max': '110', 'X-HubSpot-RateLimit-Remaining': '17' });
    await send();
    expect(corrections).toEqual([{ remaining: 17, max: 110 }]);
  });

  it('blocks the portal on 429, 423 and 477', async () => {
    handler = answer(
      429,
      JSON.stringify({
        policyName: 'TEN_SECONDLY_ROLLING',
        message: 'You have reached your ten_secondly_rolling limit.',
      }),
    );
    expect(await send()).toMatchObject({
      kind: 'throttled',
      policy: 'TEN_SECONDLY_ROLLING',
      retryAfterMs: 10_000,
    });
    handler = answer(423, '{}');
    expect(await send()).toMatchObject({ kind: 'locked', retryAfterMs: 2000 });
    handler = answer(477, '{}', { 'Retry-After': '3600' });
    expect(await send()).toMatchObject({ kind: 'migrating', retryAfterMs: 3_600_000 });
    expect(blocks).toEqual([
      { bucket: 'ten_secondly', ms: 10_000, reason: 'TEN_SECONDLY_ROLLING' },
      { bucket: 'ten_secondly', ms: 2000, reason: 'locked' },
      { bucket: 'portal', ms: 3_600_000, reason: 'migrating' },
    ]);
  });

  it.each([
    undefined,
    '0',
    '-1',
    '0.2',
    'Mon, 01 Jan 2001 00:00:00 GMT',
    'soon',
    '10000',
    '99999999',
    '86400',
    '40',
  ])(
    'that refuses by a limit of ten seconds with Retry-After %s makes the portal wait for some windows, longer each time',
    async (value) => {
      const body = JSON.stringify({ policyName: 'TEN_SECONDLY_ROLLING', errorType: 'RATE_LIMIT' });
      handler = answer(429, body, value === undefined ? {} : { 'Retry-After': value });
      for (let n = 0; n < 4; n += 1) await send();
      const waits = blocks.map(({ ms }) => ms);
      expect(waits[0]).toBeGreaterThanOrEqual(10_000);
      expect(waits[1]).toBeGreaterThanOrEqual(20_000);
      expect(waits.slice(2)).toEqual([40_000, 40_000]);
      handler = answer(204, '');
      await send();
      blocks.length = 0;
      handler = answer(429, body);
      await send();
      expect(blocks).toMatchObject([{ ms: 10_000 }]);
    },
  );

  it('does not make a caller wait for a block that outlasts its deadline', async () => {
    block = { ms: 60_000, reason: 'DAILY' };
    expect(await send({ deadlineMs: 5000 })).toMatchObject({
      kind: 'throttled',
      policy: 'DAILY',
      retryAfterMs: 60_000,
    });
    expect(requests).toEqual([]);
  });

  it.each(['sync', 'backfill'] as const)(
    'has %s leave the portal alone at once, and come again, instead of waiting with a slot of the worker in hand',
    async (priority) => {
      const ask = () =>
        gateway.request({
          ...{ portalId: PORTAL, priority, resource: 'completeCallbacks', body: completion },
          deadlineMs: 20_000,
        });
      block = { ms: 8000, reason: 'TEN_SECONDLY_ROLLING' };
      const from = performance.now();
      const later = { kind: 'throttled', policy: 'TEN_SECONDLY_ROLLING', retryAfterMs: 8000 };
      expect(await ask()).toMatchObject(later);
      // Those that wait for their turn when HubSpot says so leave as well.
      block = { ms: 100, reason: 'SECONDLY' };
      const waiting = Array.from({ length: 8 }, () => ask());
      block = { ms: 8000, reason: 'TEN_SECONDLY_ROLLING' };
      for (const one of await Promise.all(waiting)) expect(one).toMatchObject(later);
      expect(performance.now() - from).toBeLessThan(3000);
      expect(requests).toEqual([]);
    },
  );

  it('says so when nothing came free within the deadline', async () => {
    block = { ms: 40, reason: 'other' };
    const sent = send({ deadlineMs: 80 });
    block.ms = 10;
    expect(await sent).toMatchObject({ kind: 'throttled' });
    refusal = new AppError('unavailable', 'stopping');
    expect(await send()).toMatchObject({ kind: 'unavailable', reason: 'stopped', effect: 'none' });
    refusal = new AppError('not_found', 'Portal 7 is not connected');
    expect(await send()).toMatchObject({ kind: 'unauthorized' });
  });

  it('waits no longer for its part of the limit than it may, and for its answer up to its deadline', async () => {
    block = { ms: 400, reason: 'other' };
    expect(await send({ mostWaitMs: 50, deadlineMs: 5000 })).toMatchObject({ kind: 'throttled' });
    block = undefined;
    handler = (_, response) => void setTimeout(() => response.writeHead(204).end(), 300);
    expect(await send({ mostWaitMs: 50, deadlineMs: 5000 })).toMatchObject({ kind: 'ok' });
  });

  describe('401', () => {
    const expired = answer(
      401,
      JSON.stringify({ category: 'EXPIRED_AUTHENTICATION', message: 'expired', correlationId: 'c' }),
    );
    const given = () => requests.map(({ headers }) => headers.authorization);

    it('is sent once more with a newer token, under another permit', async () => {
      handler = (request, response, body) =>
        (request.headers.authorization === 'Bearer token-2' ? answer(204) : expired)(request, response, body);
      expect(await send()).toMatchObject({ kind: 'ok' });
      expect([refused, given()]).toEqual([[1], ['Bearer secret-token', 'Bearer token-2']]);
      expect(permits).toMatchObject([{ state: 'used' }, { state: 'used' }]);
    });

    it('is sent no third time', async () => {
      handler = expired;
      expect(await send()).toMatchObject({
        kind: 'unauthorized',
        status: 401,
        category: 'EXPIRED_AUTHENTICATION',
      });
      expect([refused, requests.length]).toEqual([[1], 2]);
    });

    it('stands when there is no newer token', async () => {
      handler = expired;
      refreshError = new AppError('conflict', 'in need of a new authorisation');
      expect(await send()).toMatchObject({ kind: 'unauthorized', status: 401 });
      refreshError = new AppError('unavailable', 'being refreshed', { retryAfterMs: 700 });
      expect(await send()).toMatchObject({ kind: 'unavailable', reason: 'token', retryAfterMs: 700 });
      expect(requests.length).toBe(1); // nothing is sent with it any more
    });

    it('is not sent again with the same token for some seconds when no other can be had, and with another at once', async () => {
      handler = expired;
      refreshError = new AppError('conflict', 'granted only just now');
      const sent = await Promise.all(Array.from({ length: 3 }, () => send()));
      for (let n = 0; n < 5; n += 1) sent.push(await send());
      expect(new Set(sent.map(({ kind }) => kind))).toEqual(new Set(['unauthorized']));
      expect([requests.length, refused.length]).toEqual([3, 8]); // those that were out; all have asked for another
      expect(permits.filter(({ state }) => state === 'out')).toEqual([]);

      handler = answer(204);
      refreshError = undefined;
      expect(await send()).toMatchObject({ kind: 'ok' });
      expect(given().at(-1)).toBe('Bearer token-2');
    });
  });
});

describe('a token', () => {
  it('whose scopes do not reach is not tried again for some minutes, for that resource', async () => {
    const body = JSON.stringify({
      category: 'MISSING_SCOPES',
      message: 'not allowed',
      errors: [{ context: { requiredGranularScopes: ['crm.objects.owners.read'] } }],
    });
    handler = (request, response) =>
      response.writeHead(request.url?.includes('owners') ? 403 : 204).end(body);
    const owners = () => gateway.request({ portalId: PORTAL, priority: 'sync', resource: 'listOwners' });
    for (let n = 0; n < 5; n += 1)
      expect(await owners()).toMatchObject({
        kind: 'forbidden',
        missingScopes: ['crm.objects.owners.read'],
      });
    expect(requests).toHaveLength(1);
    expect(await send()).toMatchObject({ kind: 'ok' });
    tokenVersion = 2; // as after a new grant
    handler = answer(200, '{"results":[]}');
    expect(await owners()).toMatchObject({ kind: 'ok' });
  });

  it('whose scopes do not reach for one type of objects, or for sensitive properties, is tried for the others', async () => {
    const body = JSON.stringify({ category: 'MISSING_SCOPES', message: 'not allowed' });
    handler = (request, response) => {
      const isRefused = /deals|dataSensitivity=sensitive/.test(request.url ?? '');
      response.writeHead(isRefused ? 403 : 200).end(isRefused ? body : '{"results":[]}');
    };
    const list = (objectType: string) =>
      gateway.request({
        ...{ portalId: PORTAL, priority: 'sync', resource: 'listObjects' },
        params: { objectType },
      });
    const definitions = (dataSensitivity: 'non_sensitive' | 'sensitive') =>
      gateway.request({
        ...{ portalId: PORTAL, priority: 'sync', resource: 'listProperties' },
        params: { objectType: 'contacts' },
        query: { dataSensitivity },
      });
    const links = (fromType: string, toType: string) =>
      gateway.request({
        ...{ portalId: PORTAL, priority: 'sync', resource: 'readAssociations' },
        params: { fromType, toType },
        body: { inputs: [] },
      });
    expect(await list('deals')).toMatchObject({ kind: 'forbidden' });
    expect(await list('contacts')).toMatchObject({ kind: 'ok' });
    expect(await definitions('sensitive')).toMatchObject({ kind: 'forbidden' });
    expect(await definitions('non_sensitive')).toMatchObject({ kind: 'ok' });
    expect(await links('contacts', 'deals')).toMatchObject({ kind: 'forbidden' });
    expect(await links('contacts', 'companies')).toMatchObject({ kind: 'ok' });
    const sent = requests.length;
    expect(await list('deals')).toMatchObject({ kind: 'forbidden' });
    expect(requests).toHaveLength(sent);
  });
});

describe('each request', () => {
  it('counts under its own limit, a custom event under none', async () => {
    handler = answer(204);
    const of = async (request: Omit<GatewayRequest, 'portalId' | 'priority'>) => {
      buckets.length = 0;
      await gateway.request({ portalId: PORTAL, priority: 'sync', ...request } as GatewayRequest);
      return buckets.at(0);
    };
    const search = { filterGroups: [], properties: [], sorts: [], limit: 1, after: '0' };
    const contacts = { objectType: 'contacts' };
    expect(await of({ resource: 'searchObjects', params: contacts, body: search })).toBe('search');
    expect(await of({ resource: 'listObjects', params: contacts })).toBe('ten_secondly');
    expect(
      await of({
        resource: 'readAssociations',
        params: { fromType: 'contacts', toType: 'deals' },
        body: { inputs: [] },
      }),
    ).toBe('associations');
    permits.length = 0;
    const sent = requests.length;
    await of({ resource: 'sendEvent', body: { eventName: 'pe7_x', properties: {} } });
    expect(requests).toHaveLength(sent + 1);
    expect(permits).toEqual([]);
  });

  it('tells the circuit breaker what HubSpot did, and nothing of what was ours', async () => {
    handler = refusing(404);
    await send();
    handler = answer(503);
    await send();
    handler = answer(429);
    await send();
    handler = (request) => request.socket.resetAndDestroy();
    await send();
    handler = answer(403, '<html>blocked</html>');
    await send();
    expiresInMs = 0;
    await send();
    expect(notes).toEqual(['answered', 'failed', 'answered', 'failed', 'failed']);
  });

  it('is refused at once while the breaker is open for longer than it may take', async () => {
    block = { ms: 60_000, reason: 'breaker' };
    expect(await send({ deadlineMs: 5000 })).toMatchObject({
      kind: 'unavailable',
      reason: 'breaker',
      retryAfterMs: 60_000,
      effect: 'none',
    });
    const event = { eventName: 'pe7_x', properties: {} };
    expect(
      await gateway.request({ portalId: PORTAL, priority: 'outbox', resource: 'sendEvent', body: event }),
    ).toMatchObject({ kind: 'unavailable', reason: 'breaker' });
    expect(requests).toEqual([]);
  });
});

describe('a request that must not be sent', () => {
  it('is not, once its permit has run out', async () => {
    expiresInMs = 0;
    expect(await send()).toMatchObject({ kind: 'unavailable', reason: 'permit', effect: 'none' });
    expect(requests).toEqual([]);
    expect(permits).toMatchObject([{ state: 'back' }]);
  });

  it('is not, when the permit ran out while it waited for a connection', async () => {
    const held: ServerResponse[] = [];
    handler = (_, response) => void held.push(response);
    // Of four portals, since one alone cannot take them all.
    const others = Array.from({ length: 256 }, (_, n) => send({ portalId: n % 4, deadlineMs: 10_000 }));
    await until('all connections are taken', () => held.length === 256, 5000);
    const late = send({ deadlineMs: 10_000 });
    expiresInMs = -1;
    for (const response of held.splice(0)) response.writeHead(204).end();
    expect(await late).toMatchObject({ kind: 'unavailable', reason: 'permit' });
    expect(new Set((await Promise.all(others)).map(({ kind }) => kind))).toEqual(new Set(['ok']));
    expect(requests).toHaveLength(256);
  });

  it('is not, without a token', async () => {
    tokenError = new AppError('conflict', 'Portal 7 is disconnected');
    expect(await send({ permit: permit() })).toMatchObject({
      kind: 'unauthorized',
      message: 'Portal 7 is disconnected',
    });
    tokenError = Object.assign(new Error('terminating connection'), { code: '57P01' });
    expect(await send()).toMatchObject({ kind: 'unavailable', reason: 'token', effect: 'none' });
    expect(requests).toEqual([]);
  });

  it('comes to unavailable when nobody listens', async () => {
    await gateway.close();
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    gateway = openGateway(`http://127.0.0.1:${port}`);
    expect(await send()).toMatchObject({ kind: 'unavailable', reason: 'network', effect: 'none' });
    expect(permits).toMatchObject([{ state: 'back' }]);
  });
});

describe('an answer', () => {
  it('that does not come within the deadline leaves it unknown whether it worked', async () => {
    handler = () => {};
    const startedAt = performance.now();
    expect(await send({ deadlineMs: 200 })).toMatchObject({ kind: 'unknown', reason: 'timeout' });
    expect(performance.now() - startedAt).toBeLessThan(1000);
    expect(permits).toMatchObject([{ state: 'used', ageMs: 0 }]);
    await until('its connection is given up', () => [...sockets][0]!.destroyed, 2000);
  });

  it('that drips is ended by the same deadline', async () => {
    handler = (_, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(drip));
    };
    expect(await send({ deadlineMs: 200 })).toMatchObject({
      kind: 'unknown',
      reason: 'timeout',
      status: 200,
    });
  });

  it('that is reset after sending is unknown', async () => {
    handler = (request) => request.socket.resetAndDestroy();
    expect(await send()).toMatchObject({ kind: 'unknown', reason: 'reset' });
    expect(permits).toMatchObject([{ state: 'used' }]);
    handler = (request) => request.socket.end(); // half-closed without a word
    expect(await send()).toMatchObject({ kind: 'unknown', reason: 'reset' });
  });

  it('that breaks off is no word of HubSpot: after a success it is unknown, after a refusal it waits', async () => {
    const breakOff =
      (status: number): Handler =>
      (request, response) => {
        response.writeHead(status, { 'content-length': '1000', 'content-type': 'application/json' });
        response.write('{"message":"Prop', () => request.socket.resetAndDestroy());
      };
    handler = breakOff(200);
    expect(await send()).toMatchObject({ kind: 'unknown', reason: 'reset', status: 200 });
    handler = breakOff(400);
    expect(await send()).toMatchObject({ kind: 'unavailable', reason: 'foreign', status: 400 });
    handler = breakOff(429);
    expect(await send()).toMatchObject({ kind: 'throttled', policy: 'other' });
    handler = breakOff(503);
    expect(await send()).toMatchObject({ kind: 'unavailable', status: 503 });
  });

  it('in HTML is not HubSpot: a refusal waits, a success is unknown', async () => {
    const html = '<!DOCTYPE html><html><title>502 Bad Gateway</title></html>';
    handler = answer(502, html, { 'content-type': 'text/html' });
    expect(await send()).toMatchObject({ kind: 'unavailable', status: 502, effect: 'possible' });
    handler = answer(403, html);
    expect(await send()).toMatchObject({ kind: 'unavailable', reason: 'foreign', status: 403 });
    handler = answer(200, html);
    expect(await send()).toMatchObject({ kind: 'unknown', reason: 'unreadable' });
    handler = answer(200, '{"results":[{"id":"1"');
    expect(await send()).toMatchObject({ kind: 'unknown', reason: 'unreadable' });
  });

  it('of more than 10 MB is not read to its end', async () => {
    let written = 0;
    handler = (_, response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(1024 * 1024, ' ');
      const more = () => {
        while (!response.destroyed && written < 200) {
          written += 1;
          if (!response.write(chunk)) return void response.once('drain', more);
        }
      };
      more();
    };
    expect(await send()).toMatchObject({ kind: 'unknown', reason: 'too_large', status: 200 });
    expect(written).toBeLessThan(100);
    handler = answer(200, `{"x":"${'y'.repeat(9 * 1024 * 1024)}"}`);
    expect(await send()).toMatchObject({ kind: 'ok' });
  });

  it('that points elsewhere is not followed: the token stays with HubSpot', async () => {
    const { port } = server.address() as AddressInfo;
    handler = answer(307, '', { location: `http://127.0.0.1:${port}/elsewhere` });
    expect(await send()).toMatchObject({ kind: 'unavailable', reason: 'redirect', status: 307 });
    expect(requests).toHaveLength(1);
  });

  it('that is no HTTP comes to unknown', async () => {
    handler = (request) => request.socket.end('SSH-2.0-OpenSSH_9.6\r\n');
    expect(await send()).toMatchObject({ kind: 'unknown', reason: 'reset' });
  });

  it('of interim kind does not count as one', async () => {
    handler = (_, response) => {
      response.writeEarlyHints({ link: '</x>; rel=preload' });
      setTimeout(() => response.writeHead(204).end(), 50);
    };
    expect(await send()).toMatchObject({ kind: 'ok', status: 204 });
  });
});

describe('a thousand requests', () => {
  it('share connections, and each comes to its own outcome', async () => {
    handler = (_, response, body) => {
      const { inputs } = JSON.parse(body) as typeof completion;
      const n = Number(inputs[0]!.callbackId);
      response.writeHead(n % 10 === 0 ? 404 : 200).end(JSON.stringify({ n, correlationId: `c-${n}` }));
    };
    const outcomes = await Promise.all(
      Array.from({ length: 1000 }, (_, n) =>
        gateway.request({
          portalId: PORTAL,
          priority: 'completion',
          resource: 'completeCallbacks',
          body: { inputs: [{ ...completion.inputs[0]!, callbackId: String(n) }] },
        }),
      ),
    );
    outcomes.forEach((outcome, n) => {
      expect(outcome.kind).toBe(n % 10 === 0 ? 'notFound' : 'ok');
      if (outcome.kind === 'ok') expect(outcome.body).toMatchObject({ n });
    });
    expect(connections).toBeLessThanOrEqual(256);
  });
});
