import { createHash, randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import winston from 'winston';
import type { Permit } from '../../../src/hubspot/budget/permit.js';
import { createOAuth, OAuthError, type OAuth } from '../../../src/hubspot/oauth/oauth.js';
import { createTransport, type Transport } from '../../../src/hubspot/wire/transport.js';
import { Secret } from '../../../src/platform/secret.js';
import { PORTAL, SECRET, startHarness, type Harness } from '../sandbox/harness.js';

const REDIRECT = 'http://localhost:3000/api/integrations/hubspot/callback';
const VERSIONS = ['v1', 'v3', '2026-03', '2026-09'] as const;

let hubspot: Harness;
let transport: Transport;
let logged: string[];
let metered: string[];
beforeEach(async () => {
  hubspot = await startHarness();
  transport = createTransport(hubspot.url);
  logged = [];
  metered = [];
  await hubspot.control('POST', '/portals', { portalId: PORTAL, name: 'Acme' });
});
afterEach(async () => {
  await transport.close();
  await hubspot.close();
});

function client(
  options: {
    version?: (typeof VERSIONS)[number];
    secrets?: string[];
    acquire?: (portalId: number) => Promise<Permit>;
  } = {},
): OAuth {
  const { version = '2026-03', secrets = [SECRET], acquire } = options;
  const stream = new PassThrough();
  stream.on('data', (chunk: Buffer) => logged.push(chunk.toString('utf8')));
  const logger = winston.createLogger({ transports: [new winston.transports.Stream({ stream })] });
  return createOAuth({
    transport,
    config: {
      HUBSPOT_CLIENT_ID: 'sandbox-client-id',
      HUBSPOT_CLIENT_SECRET: secrets.map((one) => new Secret(one)),
      HUBSPOT_OAUTH_VERSION: version,
    },
    logger,
    ...(acquire ? { acquire } : {}),
    metrics: { oauthRequest: ({ operation, result }) => void metered.push(`${operation} ${result}`) },
  });
}

async function authorize() {
  const codeVerifier = randomBytes(32).toString('base64url');
  const url = `${hubspot.url}/oauth/authorize?${new URLSearchParams({
    client_id: 'sandbox-client-id',
    redirect_uri: REDIRECT,
    scope: 'oauth automation',
    state: 's',
    code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString()}`;
  const { body } = await hubspot.control('POST', '/oauth/authorize', { portalId: PORTAL, url });
  const code = new URL(body.location as string).searchParams.get('code') ?? '';
  return { code, codeVerifier: new Secret(codeVerifier), redirectUri: REDIRECT };
}

const failureOf = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => new Error('it worked'),
    (one: unknown) => one,
  );
  if (!(error instanceof OAuthError)) throw error;
  return error.failure;
};

describe.each(VERSIONS)('OAuth %s', (version) => {
  it('exchanges, introspects, refreshes and revokes', async () => {
    const oauth = client({ version });
    const grant = await oauth.exchangeCode(await authorize());
    expect(grant.expiresInMs).toBe(1_800_000);
    // v1 says nothing about whose tokens they are.
    expect([grant.portalId, grant.scopes]).toEqual(
      version === 'v1' ? [undefined, undefined] : [PORTAL, ['oauth', 'automation']],
    );
    expect(await oauth.introspect(grant.accessToken)).toMatchObject({
      active: true,
      portalId: PORTAL,
      scopes: ['oauth', 'automation'],
    });
    const fresh = await oauth.refresh({ refreshToken: grant.refreshToken, portalId: PORTAL });
    expect(fresh.accessToken.reveal()).not.toBe(grant.accessToken.reveal());
    await oauth.revoke(grant.refreshToken);
    expect(
      await failureOf(oauth.refresh({ refreshToken: grant.refreshToken, portalId: PORTAL })),
    ).toMatchObject({
      class: 'gone',
      code: 'BAD_REFRESH_TOKEN',
    });
    expect(await oauth.introspect(new Secret('no-token-of-ours'))).toMatchObject({ active: false });
    expect(metered).toEqual([
      'exchange ok',
      'introspect ok',
      'refresh ok',
      'revoke ok',
      'refresh gone',
      'introspect ok',
    ]);
  });
});

describe('OAuth', () => {
  it('tells a code that does not work from a mistake of ours, and says no secret anywhere', async () => {
    const input = await authorize();
    const wrongVerifier = { ...input, codeVerifier: new Secret('canary-verifier'.padEnd(43, 'x')) };
    expect(await failureOf(client().exchangeCode(wrongVerifier))).toMatchObject({ class: 'restart' });
    expect(await failureOf(client().exchangeCode({ ...input, code: 'canary-code' }))).toMatchObject({
      class: 'restart',
      code: 'BAD_AUTH_CODE',
    });
    expect(
      await failureOf(
        client({ secrets: ['canary-secret'] }).refresh({
          refreshToken: new Secret('canary-token'),
          portalId: 1,
        }),
      ),
    ).toMatchObject({
      class: 'configuration',
    });
    await failureOf(client({ version: 'v1' }).revoke(new Secret('canary-token')));
    expect(logged.length).toBe(4);
    expect(logged.join()).not.toContain('canary');
  });

  it('counts codes that anybody may have brought apart from those of our installs, with one line of the log a minute', async () => {
    const oauth = client();
    const input = { code: 'made-up', redirectUri: REDIRECT };
    for (let n = 0; n < 3; n += 1) await failureOf(oauth.exchangeCode({ ...input, begunAtHubSpot: true }));
    expect(logged).toHaveLength(1);
    for (let n = 0; n < 2; n += 1) await failureOf(oauth.exchangeCode(input));
    expect(logged).toHaveLength(3);
    const apart = ['lead restart', 'lead restart', 'lead restart', 'exchange restart', 'exchange restart'];
    expect(metered).toEqual(apart);
  });

  it('goes over to the other client secret while one is rotated, and stays with it', async () => {
    const oauth = client({ secrets: ['a-secret-that-was-rotated-out', SECRET] });
    const { refreshToken } = await oauth.exchangeCode(await authorize());
    for (let n = 0; n < 3; n += 1) await oauth.refresh({ refreshToken, portalId: PORTAL });
    const { body } = await hubspot.control('GET', '/oauth/report');
    // The first of all was refused once; after that none.
    expect(body.tokenCalls.byGrant).toMatchObject({ refresh_token: 3 });
    expect(metered.filter((one) => one.startsWith('refresh'))).toEqual([
      'refresh ok',
      'refresh ok',
      'refresh ok',
    ]);
  });

  it('says so when HubSpot has switched this version off', async () => {
    await hubspot.control('PATCH', '/settings', { oauthV1Enabled: false });
    expect(
      await failureOf(client({ version: 'v1' }).refresh({ refreshToken: new Secret('x'), portalId: 1 })),
    ).toMatchObject({
      class: 'configuration',
    });
  });

  it.each([
    [{ expires_in: null }, 1_800_000],
    [{ expires_in: 0 }, 1_800_000],
    [{ expires_in: -1 }, 1_800_000],
    [{ expires_in: 'soon' }, 1_800_000],
    [{ expires_in: 0.2 }, 10_000],
    [{ expires_in: 1_800_000 }, 1_800_000],
    [{ expires_in: 99_999_999 }, 86_400_000],
    [{ user_id: null, hub_id: null, scopes: null, refresh_token: null }, 1_800_000],
    [{ user_id: 'u', hub_id: String(PORTAL), scopes: 'crm' }, 1_800_000],
  ])(
    'loses no token that was granted, whatever its answer says beside it: %j',
    async (reply, expiresInMs) => {
      const oauth = client();
      const { refreshToken } = await oauth.exchangeCode(await authorize());
      await hubspot.control('PATCH', '/settings', { tokenReply: reply });
      const grant = await oauth.refresh({ refreshToken, portalId: PORTAL });
      expect(grant.expiresInMs).toBe(expiresInMs);
      expect(grant.accessToken.reveal()).not.toBe('');
      expect(grant.refreshToken.reveal()).toBe(refreshToken.reveal());
    },
  );

  it.each([
    [
      { kind: 'status', status: 503 },
      { class: 'transient', status: 503 },
    ],
    [
      { kind: 'status', refusal: 'BAD_HUB' },
      { class: 'gone', code: 'BAD_HUB' },
    ],
    [{ kind: 'html' }, { class: 'transient', status: 502 }],
    [{ kind: 'answerLost' }, { class: 'unknown', code: 'no_answer' }],
    [{ kind: 'truncated' }, { class: 'unknown' }],
  ])('meets %j', async (fault, failure) => {
    const { refreshToken } = await client().exchangeCode(await authorize());
    expect((await hubspot.control('POST', '/faults', { target: 'oauth', ...fault })).status).toBe(201);
    expect(await failureOf(client().refresh({ refreshToken, portalId: PORTAL }))).toMatchObject(failure);
  });

  it('refreshes under the limit of token requests: what was sent spends a slot, nothing else does', async () => {
    const { refreshToken } = await client().exchangeCode(await authorize());
    const permits: string[] = [];
    const acquire =
      (expiresInMs: number) =>
      async (portalId: number): Promise<Permit> => ({
        portalId,
        expiresInMs,
        use: () => void permits.push('used'),
        giveBack: () => void permits.push('back'),
      });
    const refresh = (oauth: OAuth, token = refreshToken) =>
      oauth.refresh({ refreshToken: token, portalId: PORTAL });
    await refresh(client({ acquire: acquire(1000) }));
    await failureOf(refresh(client({ acquire: acquire(1000) }), new Secret('never-was-one')));
    expect(await failureOf(refresh(client({ acquire: acquire(0) })))).toMatchObject({ code: 'not_sent' });
    expect(permits).toEqual(['used', 'used', 'back']);
    const none = client({ acquire: () => Promise.reject(new Error('the process stops')) });
    expect(await failureOf(refresh(none))).toMatchObject({ class: 'transient', code: 'not_sent' });
  });

  it('sends nothing when it may not any more', async () => {
    const { refreshToken } = await client().exchangeCode(await authorize());
    const failure = await failureOf(
      client().refresh({ refreshToken, portalId: PORTAL, maySend: () => false }),
    );
    expect(failure).toMatchObject({ class: 'transient', code: 'not_sent' });
    const { body } = await hubspot.control('GET', '/oauth/report');
    expect(body.tokenCalls.byGrant.refresh_token).toBe(0);
  });
});
