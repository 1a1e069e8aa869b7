import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, PORTAL, SECRET } from './harness.js';
import { CLIENT, REDIRECT, startOAuth, type OAuthHarness } from './oauthHarness.js';

let oauth: OAuthHarness;
beforeEach(async () => {
  oauth = await startOAuth();
});
afterEach(() => oauth.close());

describe('a refresh', () => {
  it('gives a new access token and the same refresh token; the old access token stays valid', async () => {
    const first = await oauth.installed();
    const { status, body } = await oauth.refresh(first.refresh_token, '2026-09');
    expect(status).toBe(200);
    expect(body.refresh_token).toBe(first.refresh_token);
    expect(body.access_token).not.toBe(first.access_token);
    for (const { access_token } of [first, body]) expect((await oauth.call(access_token)).status).toBe(204);
  });

  it('rotates on demand: the old refresh token becomes invalid after the time that is set', async () => {
    await oauth.settings({ rotateRefreshTokens: true, rotationInvalidatesOldAfterMs: 200 });
    const first = await oauth.installed();
    const second = await oauth.refresh(first.refresh_token);
    expect(second.body.refresh_token).not.toBe(first.refresh_token);
    expect((await oauth.refresh(first.refresh_token)).status).toBe(200);
    await eventually(async () => (await oauth.refresh(first.refresh_token)).status === 400);
    expect((await oauth.refresh(first.refresh_token)).body).toMatchObject({
      status: 'BAD_REFRESH_TOKEN',
      error: 'invalid_grant',
      message: 'refresh token is invalid, expired or revoked',
    });
    expect((await oauth.refresh(second.body.refresh_token)).status).toBe(200);
  });

  it('whose answer is lost has taken effect', async () => {
    await oauth.settings({ rotateRefreshTokens: true });
    const { refresh_token } = await oauth.installed();
    await oauth.control('POST', '/faults', { target: 'oauth', kind: 'answerLost', count: 1 });
    await expect(oauth.refresh(refresh_token)).rejects.toThrow();
    expect((await oauth.refresh(refresh_token)).body.status).toBe('BAD_REFRESH_TOKEN');
    expect((await oauth.report()).tokenCalls.perPortal[PORTAL]).toMatchObject({
      refresh_token: 2,
      answersLost: 1,
      byAnswer: { 200: 2, BAD_REFRESH_TOKEN: 1 },
    });
  });

  it('meets the faults of its own target only', async () => {
    const { refresh_token, access_token } = await oauth.installed();
    await oauth.control('POST', '/faults', { target: 'oauth', kind: 'html', status: 503, count: 1 });
    expect((await oauth.call(access_token)).status).toBe(204);
    const { status, headers } = await oauth.refresh(refresh_token);
    expect(status).toBe(503);
    expect(headers.get('content-type')).toContain('text/html');
    const plan = { target: 'oauth', kind: 'status', refusal: 'BAD_CLIENT_SECRET', count: 1 };
    await oauth.control('POST', '/faults', plan);
    expect((await oauth.refresh(refresh_token)).body.status).toBe('BAD_CLIENT_SECRET');
    expect((await oauth.refresh(refresh_token)).status).toBe(200);
  });

  it('is counted by portal and grant, and so is how many ran at once', async () => {
    const { refresh_token } = await oauth.installed();
    await oauth.control('POST', '/faults', { target: 'oauth', kind: 'latency', latencyMs: 100, count: 3 });
    await Promise.all([1, 2, 3].map(() => oauth.refresh(refresh_token)));
    await oauth.refresh(refresh_token);
    const { tokenCalls } = await oauth.report();
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
  it('by revoking leaves issued access tokens valid until they expire', async () => {
    const { access_token, refresh_token } = await oauth.installed();
    const revoked = await oauth.form('/oauth/2026-03/token/revoke', { ...CLIENT, token: refresh_token });
    expect(revoked.status).toBe(200);
    expect((await oauth.refresh(refresh_token)).body.status).toBe('BAD_REFRESH_TOKEN');
    expect((await oauth.call(access_token)).status).toBe(204);
    const other = await oauth.installed();
    expect((await oauth.control('POST', `/portals/${PORTAL}/revoke`)).body).toEqual({ revoked: 1 });
    expect((await oauth.refresh(other.refresh_token)).body.status).toBe('BAD_REFRESH_TOKEN');
  });

  it('by uninstalling makes all tokens invalid at once, through the API as in the settings', async () => {
    for (const uninstall of [
      () => oauth.control('POST', `/portals/${PORTAL}/uninstall`),
      (token: string) =>
        oauth.ask('DELETE', '/appinstalls/2026-03/external-install', undefined, {
          authorization: `Bearer ${token}`,
        }),
    ]) {
      const { access_token, refresh_token } = await oauth.installed();
      expect((await uninstall(access_token)).status).toBe(204);
      expect((await oauth.call(access_token)).body).toMatchObject({ category: 'INVALID_AUTHENTICATION' });
      expect((await oauth.refresh(refresh_token)).body.status).toBe('BAD_REFRESH_TOKEN');
      await oauth.settings({ uninstalledRefresh: 'BAD_HUB' });
      expect((await oauth.refresh(refresh_token)).body).toMatchObject({
        status: 'BAD_HUB',
        error: 'access_denied',
      });
      await oauth.settings({ uninstalledRefresh: 'BAD_REFRESH_TOKEN' });
      const again = await oauth.installed();
      expect((await oauth.call(again.access_token)).status).toBe(204);
      expect((await oauth.call(access_token)).status).toBe(401);
    }
    expect((await oauth.report()).deadTokenCalls).toMatchObject({
      total: 4,
      perPortal: { [PORTAL]: { uninstalled: 4 } },
    });
  });

  it('is not the same as expiry, which is counted apart', async () => {
    await oauth.settings({ tokenLifetimeSeconds: 0.05 });
    const { access_token, expires_in } = await oauth.installed();
    expect(expires_in).toBe(0.05);
    await eventually(async () => (await oauth.call(access_token)).body.category === 'EXPIRED_AUTHENTICATION');
    expect((await oauth.report()).deadTokenCalls.byKind.expired).toBeGreaterThan(0);
  });

  it('in part: a scope that is taken away is 403 with the scopes that are enough', async () => {
    const { access_token, refresh_token } = await oauth.installed();
    await oauth.control('POST', `/portals/${PORTAL}/scopes`, { scopes: ['oauth'] });
    const refused = await oauth.call(access_token);
    expect(refused.status).toBe(403);
    expect(refused.body).toMatchObject({
      status: 'error',
      category: 'MISSING_SCOPES',
      errors: [{ context: { requiredGranularScopes: ['automation'] } }],
      links: { scopes: expect.any(String) },
    });
    expect((await oauth.refresh(refresh_token)).body.scopes).toEqual(['oauth']);
  });
});

describe('introspection', () => {
  const introspect = (text: string) =>
    oauth.form('/oauth/2026-09/token/introspect', {
      ...CLIENT,
      token: text,
      token_type_hint: 'access_token',
    });

  it('describes both kinds of token', async () => {
    const { access_token, refresh_token } = await oauth.installed();
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

  it('answers inactive for an invalid or unknown token, and an error for a wrong client', async () => {
    const { access_token } = await oauth.installed();
    await oauth.control('POST', `/portals/${PORTAL}/uninstall`);
    for (const text of [access_token, 'nobody']) {
      expect(await introspect(text)).toMatchObject({ status: 200, body: { active: false } });
    }
    const stranger = await oauth.form('/oauth/2026-09/token/introspect', {
      client_id: 'x',
      token: access_token,
    });
    expect(stranger.body.status).toBe('BAD_CLIENT_ID');
  });
});

describe('version 1', () => {
  it('answers without naming the hub, describes tokens by URL, and its tokens are good in later versions', async () => {
    const grant = { grant_type: 'authorization_code', code: await oauth.code(), redirect_uri: REDIRECT };
    const { body } = await oauth.token(grant, 'v1');
    expect(Object.keys(body).sort()).toEqual(['access_token', 'expires_in', 'refresh_token', 'token_type']);
    const access = await oauth.ask('GET', `/oauth/v1/access-tokens/${body.access_token}`);
    expect(access.body).toMatchObject({ hub_id: PORTAL, app_id: 77, token_type: 'access' });
    const read = await oauth.ask('GET', `/oauth/v1/refresh-tokens/${body.refresh_token}`);
    expect(read.body).toMatchObject({ hub_id: PORTAL, token_type: 'refresh' });
    expect((await oauth.refresh(body.refresh_token)).status).toBe(200);
    const gone = await oauth.ask('DELETE', `/oauth/v1/refresh-tokens/${body.refresh_token}`);
    expect(gone.status).toBe(204);
    expect((await oauth.refresh(body.refresh_token, 'v1')).body.status).toBe('BAD_REFRESH_TOKEN');
    const { items } = (await oauth.control('GET', '/requests')).body;
    expect(JSON.stringify(items)).not.toContain(body.access_token);
  });

  it('is gone once it is switched off, and the dated one stays', async () => {
    await oauth.settings({ oauthV1Enabled: false });
    const { refresh_token } = await oauth.installed();
    expect((await oauth.refresh(refresh_token, 'v1')).status).toBe(404);
    expect((await oauth.refresh(refresh_token)).status).toBe(200);
  });
});

describe('the client secret', () => {
  it('is valid in both forms after a rotation until the old one is retired; calls are signed by the new one', async () => {
    const { refresh_token } = await oauth.installed();
    const { clientSecret } = (await oauth.control('POST', '/app/secrets')).body;
    const with_ = (client_secret: string) =>
      oauth.token({ grant_type: 'refresh_token', refresh_token, client_secret });
    expect((await with_(clientSecret)).status).toBe(200);
    expect((await with_(SECRET)).status).toBe(200);
    expect((await oauth.control('DELETE', '/app/secrets')).body).toEqual({ retired: 1 });
    expect((await with_(SECRET)).body.status).toBe('BAD_CLIENT_SECRET');
    const portal = await oauth.portal();
    await portal.enrol(1);
    await oauth.waiting(1);
    const [{ headers, body }] = oauth.calls as [(typeof oauth.calls)[0]];
    const expected = createHash('sha256')
      .update(`${clientSecret}POST${oauth.actionUrl}${body}`)
      .digest('hex');
    expect(headers['x-hubspot-signature']).toBe(expected);
  });

  it('gets a token of the app itself if that is switched on', async () => {
    await oauth.settings({ clientCredentialsEnabled: true });
    const { body } = await oauth.token({ grant_type: 'client_credentials', scope: 'developers-read' });
    expect(body).toMatchObject({ token_use: 'client_credentials', token_type: 'bearer' });
    expect((await oauth.call(body.access_token)).status).toBe(401);
  });
});
