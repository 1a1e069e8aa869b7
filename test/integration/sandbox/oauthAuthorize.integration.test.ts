import { createHash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PORTAL } from './harness.js';
import { CLIENT, REDIRECT, startOAuth, type OAuthHarness } from './oauthHarness.js';

let oauth: OAuthHarness;
beforeEach(async () => {
  oauth = await startOAuth();
});
afterEach(() => oauth.close());

describe('the authorize page', () => {
  const post = (fields: Record<string, string>, url = oauth.authorizeUrl()) =>
    fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });

  it('lists the accounts and the scopes, and escapes what it shows', async () => {
    await oauth.control('POST', '/portals', { portalId: 5, name: '<b>Bold & Co</b>' });
    const answer = await fetch(oauth.authorizeUrl({ optional_scope: 'tickets' }));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'");
    const html = await answer.text();
    expect(html).toContain('Acme');
    expect(html).toContain('&lt;b&gt;Bold &amp; Co&lt;/b&gt;');
    expect(html).not.toContain('<b>');
    for (const scope of ['oauth', 'automation', 'tickets']) expect(html).toContain(`<code>${scope}</code>`);
  });

  it('redirects after Allow with a code and the state', async () => {
    const answer = await post({ portalId: String(PORTAL), decision: 'allow' });
    expect(answer.status).toBe(303);
    const location = new URL(answer.headers.get('location') ?? '');
    expect(location.origin + location.pathname).toBe(REDIRECT);
    expect(location.searchParams.get('state')).toBe('s t=1');
    expect((await oauth.exchange(location.searchParams.get('code') ?? '')).status).toBe(200);
  });

  it('redirects after Deny with access_denied and the state', async () => {
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
  ])('shows what is wrong with %s, and does not redirect', async (_, query, word) => {
    for (const answer of [
      await fetch(oauth.authorizeUrl(query), { redirect: 'manual' }),
      await post({ portalId: String(PORTAL), decision: 'allow' }, oauth.authorizeUrl(query)),
    ]) {
      expect(answer.status).toBe(400);
      expect(answer.headers.get('location')).toBeNull();
      expect(await answer.text()).toContain(word);
    }
  });

  it('refuses a portal whose subscription does not have a required scope, and leaves an optional one out', async () => {
    await oauth.control('POST', '/portals', { portalId: PORTAL, withheldScopes: ['tickets'] });
    const url = oauth.authorizeUrl({ scope: 'oauth tickets' });
    const refused = await post({ portalId: String(PORTAL), decision: 'allow' }, url);
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('tickets');
    const { body } = await oauth.exchange(await oauth.code({ optional_scope: 'tickets timeline' }));
    expect(body.scopes).toEqual(['oauth', 'automation', 'timeline']);
  });
});

describe('the exchange of a code', () => {
  it('gives tokens of 30 minutes that open the API, and says whose they are', async () => {
    const { status, body } = await oauth.exchange(await oauth.code());
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
    expect((await oauth.call(body.access_token)).status).toBe(204);
  });

  it('works once', async () => {
    const once = await oauth.code();
    expect((await oauth.exchange(once)).status).toBe(200);
    const again = await oauth.exchange(once);
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
    expect((await oauth.exchange(await oauth.code(challenge))).body.status).toBe('BAD_CODE_VERIFIER');
    expect((await oauth.exchange(await oauth.code(challenge), { code_verifier: 'other' })).body.status).toBe(
      'BAD_CODE_VERIFIER',
    );
    expect((await oauth.exchange(await oauth.code(challenge), { code_verifier: verifier })).status).toBe(200);
  });

  it("names what is wrong in HubSpot's words", async () => {
    const grant = { grant_type: 'authorization_code', redirect_uri: REDIRECT };
    const wrong: [Record<string, string>, string, string][] = [
      [{ ...grant, client_id: 'x', code: await oauth.code() }, 'BAD_CLIENT_ID', 'invalid_client'],
      [{ ...grant, client_secret: 'x', code: await oauth.code() }, 'BAD_CLIENT_SECRET', 'invalid_client'],
      [
        { ...grant, redirect_uri: `${REDIRECT}/`, code: await oauth.code() },
        'BAD_REDIRECT_URI',
        'invalid_grant',
      ],
      [{ ...grant, code: 'never-issued' }, 'BAD_AUTH_CODE', 'invalid_grant'],
      [{ grant_type: 'password' }, 'BAD_GRANT_TYPE', 'unsupported_grant_type'],
      [{ grant_type: 'client_credentials', scope: 'oauth' }, 'BAD_GRANT_TYPE', 'unsupported_grant_type'],
    ];
    for (const [fields, status, error] of wrong) {
      expect(await oauth.token(fields)).toMatchObject({ status: 400, body: { status, error } });
    }
  });

  it('reads the body only: a secret in the query, or a body of JSON, is refused', async () => {
    const fields = {
      ...CLIENT,
      grant_type: 'authorization_code',
      code: await oauth.code(),
      redirect_uri: REDIRECT,
    };
    const query = new URLSearchParams(fields).toString();
    expect((await oauth.form(`/oauth/2026-03/token?${query}`, {})).status).toBe(400);
    expect((await oauth.ask('POST', '/oauth/2026-03/token', fields)).status).toBe(415);
    expect((await oauth.form('/oauth/2026-03/token', fields)).status).toBe(200);
  });

  it('names no hub if that is set, as the description allows', async () => {
    await oauth.settings({ tokenRepliesNameHub: false });
    const { body } = await oauth.exchange(await oauth.code());
    expect(Object.keys(body).sort()).toEqual(
      ['access_token', 'expires_in', 'refresh_token', 'token_type', 'token_use'].sort(),
    );
    const seen = await oauth.form('/oauth/2026-03/token/introspect', { ...CLIENT, token: body.access_token });
    expect(seen.body.hub_id).toBe(PORTAL);
  });
});
