import { createHash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, PORTAL, SECRET, startHarness, type Harness } from './harness.js';

const CLIENT = { client_id: 'sandbox-client-id', client_secret: SECRET };
const REDIRECT = 'http://localhost:3000/api/integrations/hubspot/callback';
const SCOPE = 'oauth automation';

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
  await harness.control('POST', '/portals', { portalId: PORTAL, name: 'Acme' });
});
afterEach(() => harness.close());

const form = (path: string, fields: Record<string, string>) =>
  harness.ask('POST', path, new URLSearchParams(fields).toString(), {
    'content-type': 'application/x-www-form-urlencoded',
  });
const token = (fields: Record<string, string>, version = '2026-03') =>
  form(`/oauth/${version}/token`, { ...CLIENT, ...fields });
const refresh = (refreshToken: string, version?: string) =>
  token({ grant_type: 'refresh_token', refresh_token: refreshToken }, version);
const exchange = (code: string, more: Record<string, string> = {}) =>
  token({ grant_type: 'authorization_code', code, redirect_uri: REDIRECT, ...more });
const authorizeUrl = (query: Record<string, string> = {}) =>
  `${harness.url}/oauth/authorize?${new URLSearchParams({
    client_id: CLIENT.client_id,
    redirect_uri: REDIRECT,
    scope: SCOPE,
    state: 's t=1',
    ...query,
  }).toString()}`;
async function allow(query: Record<string, string> = {}, more: Record<string, unknown> = {}) {
  const url = authorizeUrl(query);
  const { status, body } = await harness.control('POST', '/oauth/authorize', {
    portalId: PORTAL,
    url,
    ...more,
  });
  expect(status).toBe(200);
  return new URL(body.location);
}
const code = async (query?: Record<string, string>, more?: Record<string, unknown>) =>
  (await allow(query, more)).searchParams.get('code') ?? '';
async function installed() {
  const { body } = await exchange(await code());
  return body as { access_token: string; refresh_token: string; expires_in: number };
}
const call = (accessToken: string) =>
  harness.ask(
    'POST',
    '/automation/actions/callbacks/2026-03/complete',
    { inputs: [] },
    { authorization: `Bearer ${accessToken}` },
  );
const report = async () => (await harness.control('GET', '/oauth/report')).body;
const settings = (patch: Record<string, unknown>) => harness.control('PATCH', '/settings', patch);

describe('the authorize page', () => {
  const post = (fields: Record<string, string>, url = authorizeUrl()) =>
    fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });

  it('lists the accounts and the scopes, and takes nothing on trust into its HTML', async () => {
    await harness.control('POST', '/portals', { portalId: 5, name: '<b>Bold & Co</b>' });
    const answer = await fetch(authorizeUrl({ optional_scope: 'tickets' }));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'");
    const html = await answer.text();
    expect(html).toContain('Acme');
    expect(html).toContain('&lt;b&gt;Bold &amp; Co&lt;/b&gt;');
    expect(html).not.toContain('<b>');
    for (const scope of ['oauth', 'automation', 'tickets']) expect(html).toContain(`<code>${scope}</code>`);
  });

  it('sends whoever clicks Allow back with a code and the state', async () => {
    const answer = await post({ portalId: String(PORTAL), decision: 'allow' });
    expect(answer.status).toBe(303);
    const location = new URL(answer.headers.get('location') ?? '');
    expect(location.origin + location.pathname).toBe(REDIRECT);
    expect(location.searchParams.get('state')).toBe('s t=1');
    expect((await exchange(location.searchParams.get('code') ?? '')).status).toBe(200);
  });

  it('sends whoever clicks Deny back with access_denied and the state', async () => {
    const answer = await post({ portalId: String(PORTAL), decision: 'deny' });
    const location = new URL(answer.headers.get('location') ?? '');
    expect(location.searchParams.get('error')).toBe('access_denied');
    expect(location.searchParams.get('state')).toBe('s t=1');
    expect(location.searchParams.get('code')).toBeNull();
  });

  it.each([
    ['another client', { client_id: 'other' }, 'other'],
    ['no redirect address', { redirect_uri: '' }, 'redirect_uri'],
    ['plain http to the world', { redirect_uri: 'http://example.com/x' }, 'https'],
    ['a script as address', { redirect_uri: 'javascript:alert(1)' }, 'https'],
    ['no scope', { scope: '' }, 'scope'],
    ['a scope that does not exist', { scope: 'oauth crm.nothing' }, 'crm.nothing'],
    ['a plain challenge', { code_challenge: 'a'.repeat(43), code_challenge_method: 'plain' }, 'S256'],
  ])('shows what is wrong with %s, and redirects nobody', async (_, query, word) => {
    for (const answer of [
      await fetch(authorizeUrl(query), { redirect: 'manual' }),
      await post({ portalId: String(PORTAL), decision: 'allow' }, authorizeUrl(query)),
    ]) {
      expect(answer.status).toBe(400);
      expect(answer.headers.get('location')).toBeNull();
      expect(await answer.text()).toContain(word);
    }
  });

  it('refuses a portal whose subscription lacks a required scope, and leaves an optional one out', async () => {
    await harness.control('POST', '/portals', { portalId: PORTAL, withheldScopes: ['tickets'] });
    const url = authorizeUrl({ scope: 'oauth tickets' });
    const refused = await post({ portalId: String(PORTAL), decision: 'allow' }, url);
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('tickets');
    const { body } = await exchange(await code({ optional_scope: 'tickets timeline' }));
    expect(body.scopes).toEqual(['oauth', 'automation', 'timeline']);
  });
});

describe('the exchange of a code', () => {
  it('gives tokens of 30 minutes that open the API, and says whose they are', async () => {
    const { status, body } = await exchange(await code());
    expect(status).toBe(200);
    expect(body).toEqual({
      token_type: 'bearer',
      token_use: 'access_token',
      access_token: expect.any(String),
      refresh_token: expect.stringMatching(/^na1-/),
      expires_in: 1_800,
      hub_id: PORTAL,
      user_id: expect.any(Number),
      scopes: ['oauth', 'automation'],
    });
    expect(body.access_token.length).toBeGreaterThan(255); // more than a short column holds
    expect((await call(body.access_token)).status).toBe(204);
  });

  it('works once', async () => {
    const once = await code();
    expect((await exchange(once)).status).toBe(200);
    const again = await exchange(once);
    expect(again.status).toBe(400);
    expect(again.body).toEqual({
      status: 'BAD_AUTH_CODE',
      message: 'missing or unknown auth code',
      error: 'invalid_grant',
      error_description: 'missing or unknown auth code',
      correlationId: expect.any(String),
    });
  });

  it('wants the verifier of the challenge, and only that', async () => {
    const verifier = randomBytes(32).toString('base64url');
    const challenge = {
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    };
    expect((await exchange(await code(challenge))).body.status).toBe('BAD_CODE_VERIFIER');
    expect((await exchange(await code(challenge), { code_verifier: 'other' })).body.status).toBe(
      'BAD_CODE_VERIFIER',
    );
    expect((await exchange(await code(challenge), { code_verifier: verifier })).status).toBe(200);
  });

  it("names what is wrong in HubSpot's words", async () => {
    const grant = { grant_type: 'authorization_code', redirect_uri: REDIRECT };
    const wrong: [Record<string, string>, string, string][] = [
      [{ ...grant, client_id: 'x', code: await code() }, 'BAD_CLIENT_ID', 'invalid_client'],
      [{ ...grant, client_secret: 'x', code: await code() }, 'BAD_CLIENT_SECRET', 'invalid_client'],
      [{ ...grant, redirect_uri: `${REDIRECT}/`, code: await code() }, 'BAD_REDIRECT_URI', 'invalid_grant'],
      [{ ...grant, code: 'never-issued' }, 'BAD_AUTH_CODE', 'invalid_grant'],
      [{ grant_type: 'password' }, 'BAD_GRANT_TYPE', 'unsupported_grant_type'],
      [{ grant_type: 'client_credentials', scope: 'oauth' }, 'BAD_GRANT_TYPE', 'unsupported_grant_type'],
    ];
    for (const [fields, status, error] of wrong) {
      expect(await token(fields)).toMatchObject({ status: 400, body: { status, error } });
    }
  });

  it('reads the body only: a secret in the query, or a body of JSON, is refused', async () => {
    const fields = {
      ...CLIENT,
      grant_type: 'authorization_code',
      code: await code(),
      redirect_uri: REDIRECT,
    };
    const query = new URLSearchParams(fields).toString();
    expect((await form(`/oauth/2026-03/token?${query}`, {})).status).toBe(400);
    expect((await harness.ask('POST', '/oauth/2026-03/token', fields)).status).toBe(415);
    expect((await form('/oauth/2026-03/token', fields)).status).toBe(200);
  });

  it('names no hub when told so, as the description allows', async () => {
    await settings({ tokenRepliesNameHub: false });
    const { body } = await exchange(await code());
    expect(Object.keys(body).sort()).toEqual(
      ['access_token', 'expires_in', 'refresh_token', 'token_type', 'token_use'].sort(),
    );
    const seen = await form('/oauth/2026-03/token/introspect', { ...CLIENT, token: body.access_token });
    expect(seen.body.hub_id).toBe(PORTAL);
  });
});

describe('a refresh', () => {
  it('gives a new access token and the same refresh token; the old access token lives on', async () => {
    const first = await installed();
    const { status, body } = await refresh(first.refresh_token, '2026-09');
    expect(status).toBe(200);
    expect(body.refresh_token).toBe(first.refresh_token);
    expect(body.access_token).not.toBe(first.access_token);
    for (const { access_token } of [first, body]) expect((await call(access_token)).status).toBe(204);
  });

  it('rotates on demand: the old refresh token dies after the time that is set', async () => {
    await settings({ rotateRefreshTokens: true, rotationInvalidatesOldAfterMs: 200 });
    const first = await installed();
    const second = await refresh(first.refresh_token);
    expect(second.body.refresh_token).not.toBe(first.refresh_token);
    expect((await refresh(first.refresh_token)).status).toBe(200);
    await eventually(async () => (await refresh(first.refresh_token)).status === 400);
    expect((await refresh(first.refresh_token)).body).toMatchObject({
      status: 'BAD_REFRESH_TOKEN',
      error: 'invalid_grant',
      message: 'refresh token is invalid, expired or revoked',
    });
    expect((await refresh(second.body.refresh_token)).status).toBe(200);
  });

  it('whose answer is lost has happened all the same', async () => {
    await settings({ rotateRefreshTokens: true });
    const { refresh_token } = await installed();
    await harness.control('POST', '/faults', { target: 'oauth', kind: 'answerLost', count: 1 });
    await expect(refresh(refresh_token)).rejects.toThrow();
    expect((await refresh(refresh_token)).body.status).toBe('BAD_REFRESH_TOKEN');
    expect((await report()).tokenCalls.perPortal[PORTAL]).toMatchObject({
      refresh_token: 2,
      answersLost: 1,
      byAnswer: { 200: 2, BAD_REFRESH_TOKEN: 1 },
    });
  });

  it('meets the faults of its own target only', async () => {
    const { refresh_token, access_token } = await installed();
    await harness.control('POST', '/faults', { target: 'oauth', kind: 'html', status: 503, count: 1 });
    expect((await call(access_token)).status).toBe(204);
    const { status, headers } = await refresh(refresh_token);
    expect(status).toBe(503);
    expect(headers.get('content-type')).toContain('text/html');
    const plan = { target: 'oauth', kind: 'status', refusal: 'BAD_CLIENT_SECRET', count: 1 };
    await harness.control('POST', '/faults', plan);
    expect((await refresh(refresh_token)).body.status).toBe('BAD_CLIENT_SECRET');
    expect((await refresh(refresh_token)).status).toBe(200);
  });

  it('is counted by portal and grant, and so is how many ran at once', async () => {
    const { refresh_token } = await installed();
    await harness.control('POST', '/faults', { target: 'oauth', kind: 'latency', latencyMs: 100, count: 3 });
    await Promise.all([1, 2, 3].map(() => refresh(refresh_token)));
    await refresh(refresh_token);
    const { tokenCalls } = await report();
    expect(tokenCalls.byGrant).toEqual({ authorization_code: 1, refresh_token: 4 });
    expect(tokenCalls.perPortal[PORTAL]).toMatchObject({
      authorization_code: 1,
      refresh_token: 4,
      maxConcurrentRefreshes: 3,
      overlappingRefreshes: 2,
    });
  });
});

describe('the end of an installation', () => {
  it('by revoking lets issued access tokens live until they expire', async () => {
    const { access_token, refresh_token } = await installed();
    const revoked = await form('/oauth/2026-03/token/revoke', { ...CLIENT, token: refresh_token });
    expect(revoked.status).toBe(200);
    expect((await refresh(refresh_token)).body.status).toBe('BAD_REFRESH_TOKEN');
    expect((await call(access_token)).status).toBe(204);
    const other = await installed();
    expect((await harness.control('POST', `/portals/${PORTAL}/revoke`)).body).toEqual({ revoked: 1 });
    expect((await refresh(other.refresh_token)).body.status).toBe('BAD_REFRESH_TOKEN');
  });

  it('by uninstalling kills all tokens at once, whoever does it', async () => {
    for (const uninstall of [
      () => harness.control('POST', `/portals/${PORTAL}/uninstall`),
      (token: string) =>
        harness.ask('DELETE', '/appinstalls/2026-03/external-install', undefined, {
          authorization: `Bearer ${token}`,
        }),
    ]) {
      const { access_token, refresh_token } = await installed();
      expect((await uninstall(access_token)).status).toBe(204);
      expect((await call(access_token)).body).toMatchObject({ category: 'INVALID_AUTHENTICATION' });
      expect((await refresh(refresh_token)).body.status).toBe('BAD_REFRESH_TOKEN');
      await settings({ uninstalledRefresh: 'BAD_HUB' });
      expect((await refresh(refresh_token)).body).toMatchObject({
        status: 'BAD_HUB',
        error: 'access_denied',
      });
      await settings({ uninstalledRefresh: 'BAD_REFRESH_TOKEN' });
      const again = await installed();
      expect((await call(again.access_token)).status).toBe(204);
      expect((await call(access_token)).status).toBe(401);
    }
    expect((await report()).deadTokenCalls).toMatchObject({
      total: 4,
      perPortal: { [PORTAL]: { uninstalled: 4 } },
    });
  });

  it('by time alone is told apart from it, and counted', async () => {
    await settings({ tokenLifetimeSeconds: 0.05 });
    const { access_token, expires_in } = await installed();
    expect(expires_in).toBe(0.05);
    await eventually(async () => (await call(access_token)).body.category === 'EXPIRED_AUTHENTICATION');
    expect((await report()).deadTokenCalls.byKind.expired).toBeGreaterThan(0);
  });

  it('in part: a scope that is taken away is 403 with the scopes that would do', async () => {
    const { access_token, refresh_token } = await installed();
    await harness.control('POST', `/portals/${PORTAL}/scopes`, { scopes: ['oauth'] });
    const refused = await call(access_token);
    expect(refused.status).toBe(403);
    expect(refused.body).toMatchObject({
      status: 'error',
      category: 'MISSING_SCOPES',
      errors: [{ context: { requiredGranularScopes: ['automation'] } }],
      links: { scopes: expect.any(String) },
    });
    expect((await refresh(refresh_token)).body.scopes).toEqual(['oauth']);
  });
});

describe('introspection', () => {
  const introspect = (text: string) =>
    form('/oauth/2026-09/token/introspect', { ...CLIENT, token: text, token_type_hint: 'access_token' });

  it('describes both kinds of token', async () => {
    const { access_token, refresh_token } = await installed();
    expect((await introspect(access_token)).body).toMatchObject({
      active: true,
      token_use: 'access_token',
      hub_id: PORTAL,
      app_id: 77,
      scopes: ['oauth', 'automation'],
      expires_in: expect.any(Number),
      signed_access_token: { hubId: PORTAL, isPrivateDistribution: false },
    });
    expect((await introspect(refresh_token)).body).toMatchObject({
      active: true,
      token_use: 'refresh_token',
    });
  });

  it('calls what is dead or unknown inactive, not wrong; but a wrong client is wrong', async () => {
    const { access_token } = await installed();
    await harness.control('POST', `/portals/${PORTAL}/uninstall`);
    for (const text of [access_token, 'nobody']) {
      expect(await introspect(text)).toMatchObject({ status: 200, body: { active: false } });
    }
    const stranger = await form('/oauth/2026-09/token/introspect', { client_id: 'x', token: access_token });
    expect(stranger.body.status).toBe('BAD_CLIENT_ID');
  });
});

describe('version 1', () => {
  it('answers without naming the hub, describes tokens by URL, and its tokens are good in later versions', async () => {
    const grant = { grant_type: 'authorization_code', code: await code(), redirect_uri: REDIRECT };
    const { body } = await token(grant, 'v1');
    expect(Object.keys(body).sort()).toEqual(['access_token', 'expires_in', 'refresh_token', 'token_type']);
    const access = await harness.ask('GET', `/oauth/v1/access-tokens/${body.access_token}`);
    expect(access.body).toMatchObject({ hub_id: PORTAL, app_id: 77, token_type: 'access' });
    const read = await harness.ask('GET', `/oauth/v1/refresh-tokens/${body.refresh_token}`);
    expect(read.body).toMatchObject({ hub_id: PORTAL, token_type: 'refresh' });
    expect((await refresh(body.refresh_token)).status).toBe(200);
    const gone = await harness.ask('DELETE', `/oauth/v1/refresh-tokens/${body.refresh_token}`);
    expect(gone.status).toBe(204);
    expect((await refresh(body.refresh_token, 'v1')).body.status).toBe('BAD_REFRESH_TOKEN');
    const { items } = (await harness.control('GET', '/requests')).body;
    expect(JSON.stringify(items)).not.toContain(body.access_token);
  });

  it('is gone once it is switched off, and the dated one stays', async () => {
    await settings({ oauthV1Enabled: false });
    const { refresh_token } = await installed();
    expect((await refresh(refresh_token, 'v1')).status).toBe(404);
    expect((await refresh(refresh_token)).status).toBe(200);
  });
});

describe('the client secret', () => {
  it('after a rotation opens in both forms until the old one is retired; calls are signed with the new one', async () => {
    const { refresh_token } = await installed();
    const { clientSecret } = (await harness.control('POST', '/app/secrets')).body;
    const with_ = (client_secret: string) =>
      token({ grant_type: 'refresh_token', refresh_token, client_secret });
    expect((await with_(clientSecret)).status).toBe(200);
    expect((await with_(SECRET)).status).toBe(200);
    expect((await harness.control('DELETE', '/app/secrets')).body).toEqual({ retired: 1 });
    expect((await with_(SECRET)).body.status).toBe('BAD_CLIENT_SECRET');
    const portal = await harness.portal();
    await portal.enrol(1);
    await harness.waiting(1);
    const [{ headers, body }] = harness.calls as [(typeof harness.calls)[0]];
    const expected = createHash('sha256')
      .update(`${clientSecret}POST${harness.actionUrl}${body}`)
      .digest('hex');
    expect(headers['x-hubspot-signature']).toBe(expected);
  });

  it('buys a token of the app itself where that is switched on', async () => {
    await settings({ clientCredentialsEnabled: true });
    const { body } = await token({ grant_type: 'client_credentials', scope: 'developers-read' });
    expect(body).toMatchObject({ token_use: 'client_credentials', token_type: 'bearer' });
    expect((await call(body.access_token)).status).toBe(401);
  });
});
