import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WORKSPACE } from '../../support/throttle.js';
import { OTHER_WORKSPACE } from '../http/harness.js';
import { Browser, CALLBACK, PORTAL, startInstalls, textOf, type Installs } from './harness.js';

const API = '/api/integrations/hubspot';
const GRANTED = ['automation', 'oauth'];

let hub: Installs;
beforeEach(async () => {
  hub = await startInstalls({ INSTALL_RETURN_ORIGINS: 'https://app.acme.example' });
});
afterEach(() => hub.close());

describe('an install', () => {
  it("goes from the link over HubSpot's page to a page that says so, and leaves the portal with its sealed grant", async () => {
    const browser = new Browser();
    const page = await hub.install(browser);

    expect(page.status).toBe(200);
    expect(textOf(page.text)).toContain('Your HubSpot account is connected');
    expect(textOf(page.text)).toContain(String(PORTAL));
    expect(textOf(page.text)).toContain('automation');
    const [portal] = await hub.rows(
      "SELECT *, token_expires_at > now() + interval '29 minutes' AS lives FROM portals",
    );
    expect(portal).toMatchObject({
      portal_id: String(PORTAL),
      workspace_id: WORKSPACE,
      state: 'active',
      auth: 'oauth',
      // Known from the beginning, and not from the first refresh on only.
      granted_to: 'client',
      epoch: 1,
      token_version: 1,
      lives: true,
      throttle_enabled: true,
      sync_enabled: false,
      hub_domain: expect.stringContaining('.'),
    });
    expect([...(portal?.scopes as string[])].sort()).toEqual(GRANTED);
    expect(portal?.access_token).toMatch(/^v2\./);
    expect(portal?.refresh_token).toMatch(/^v2\./);
    expect(hub.api.controlCalls).toEqual([`install ${PORTAL}/1`]);
    const entries = await hub.rows(
      `SELECT operation, result, portal_id, subject FROM audit_entries ORDER BY seq`,
    );
    expect(entries).toMatchObject([
      { operation: 'portal.link', result: 'ok' },
      { operation: 'portal.install', result: 'ok', portal_id: String(PORTAL), subject: { epoch: 1 } },
    ]);
    expect(await hub.rows('SELECT kind FROM notices')).toEqual([{ kind: 'portal.connected' }]);
  });

  it('asks HubSpot with PKCE, a state of 256 bits and the scopes of what is switched on, and no others', async () => {
    const opened = await new Browser().begin(await hub.link({ features: ['throttle', 'sync'] }));
    expect(opened.status).toBe(303);
    const url = new URL(opened.location ?? '');
    expect(url.origin + url.pathname).toBe(`${hub.sandbox.url}/oauth/authorize`);
    const asked = Object.fromEntries(url.searchParams);
    expect(asked).toMatchObject({
      client_id: 'client',
      redirect_uri: hub.api.url + CALLBACK,
      code_challenge_method: 'S256',
    });
    expect(asked.code_challenge).toMatch(/^[\w-]{43}$/);
    expect(asked.state).toMatch(/^[\w-]{43}$/);
    expect(asked.scope?.split(' ')).toEqual([
      'oauth',
      'automation',
      'crm.objects.contacts.read',
      'crm.objects.contacts.write',
      'crm.schemas.contacts.write',
      'crm.objects.companies.read',
      'crm.objects.companies.write',
      'crm.schemas.companies.write',
      'crm.objects.deals.read',
      'crm.objects.deals.write',
      'crm.schemas.deals.write',
      'tickets',
    ]);
    expect(url.search).not.toContain('+');
    const throttleOnly = await new Browser().begin(await hub.link());
    expect(new URL(throttleOnly.location ?? '').searchParams.get('scope')).toBe('oauth automation');
  });

  it('keeps state, browser and verifier in no form that could be used', async () => {
    const browser = new Browser();
    const opened = await browser.begin(await hub.link());
    const state = new URL(opened.location ?? '').searchParams.get('state') ?? '';
    const [row] = await hub.rows('SELECT * FROM oauth_states');
    expect(row?.state_hash).toEqual(createHash('sha256').update(state).digest());
    const stored = JSON.stringify(
      await hub.rows('SELECT s::text AS state, l::text AS link FROM oauth_states s, install_links l'),
    );
    for (const secret of [state, ...[...browser.cookies.values()].flatMap((value) => value.split('.'))])
      expect(stored).not.toContain(secret);
    expect(row?.code_verifier).toMatch(/^v2\./);
  });

  it('binds itself to the browser by a cookie that scripts and other paths do not see', async () => {
    const browser = new Browser();
    await browser.get(await hub.link());
    expect(browser.setCookies).toHaveLength(1);
    expect(browser.setCookies[0]).toMatch(
      /^sluice-install=[\w-]{43}\.[\w-]{43}; Max-Age=3600; Path=\/api\/integrations\/hubspot; .*HttpOnly; SameSite=Lax$/,
    );
  });

  it('sets a cookie for https alone where people come by https, and links to that origin', async () => {
    const env = { HUBSPOT_REDIRECT_URI: `https://sluice.example.com${CALLBACK}` };
    const behindProxy = await startInstalls(env);
    try {
      const link = await behindProxy.link();
      expect(link).toMatch(/^https:\/\/sluice\.example\.com\/api\/integrations\/hubspot\/start\//);
      const browser = new Browser();
      await browser.get(behindProxy.api.url + new URL(link).pathname);
      expect(browser.setCookies[0]).toMatch(/^__Secure-sluice-install=.*; HttpOnly; Secure; SameSite=Lax$/);
    } finally {
      await behindProxy.close();
    }
  });

  it('stores one result when two finish at once, and tells both people that it worked', async () => {
    const browsers = [new Browser(), new Browser()];
    const pages = await Promise.all(browsers.map((browser) => hub.install(browser)));
    expect(pages.map(({ status }) => status)).toEqual([200, 200]);
    expect(await hub.rows('SELECT epoch, token_version, state FROM portals')).toEqual([
      { epoch: 2, token_version: 2, state: 'active' },
    ]);
  });

  it('works in two tabs of one browser', async () => {
    const browser = new Browser();
    const first = await browser.begin(await hub.link());
    const second = await browser.begin(await hub.link());
    for (const { location } of [first, second])
      expect((await browser.get(await hub.click(location ?? ''))).status).toBe(200);
  });

  it('again brings a portal back to life, keeps what waits, its name and its switches, and voids what was begun before', async () => {
    await hub.install(new Browser(), { features: ['throttle', 'sync'] });
    await hub.rows(`UPDATE portals SET state = 'reauth_required', state_reason = 'BAD_REFRESH_TOKEN', name = 'Acme',
                           refresh_failures = 7, refresh_error = 'gone', refresh_not_before = now()`);
    const page = await hub.install(new Browser(), { portalId: PORTAL });
    expect(textOf(page.text)).toContain('connected again');
    expect(
      await hub.rows(
        'SELECT state, state_reason, name, epoch, token_version, sync_enabled, refresh_failures, refresh_error FROM portals',
      ),
    ).toEqual([
      {
        state: 'active',
        state_reason: null,
        name: 'Acme',
        epoch: 2,
        token_version: 2,
        sync_enabled: true,
        refresh_failures: 0,
        refresh_error: null,
      },
    ]);
    expect(hub.api.controlCalls).toEqual([`install ${PORTAL}/1`, `install ${PORTAL}/2`]);
  });

  it('learns account and scopes by asking when the token reply does not name them', async () => {
    await hub.control('PATCH', '/settings', { tokenRepliesNameHub: false });
    expect((await hub.install(new Browser())).status).toBe(200);
    const [portal] = await hub.rows('SELECT portal_id, scopes FROM portals');
    expect(portal?.portal_id).toBe(String(PORTAL));
    expect([...(portal?.scopes as string[])].sort()).toEqual(GRANTED);
  });

  it('answers JSON to who asks for it', async () => {
    const browser = new Browser();
    const opened = await browser.begin(await hub.link());
    const answer = await browser.get(await hub.click(opened.location ?? ''), { accept: 'application/json' });
    expect(JSON.parse(answer.text)).toMatchObject({
      installed: true,
      portalId: PORTAL,
      firstTime: true,
      unmetFeatures: [],
    });
  });

  it('returns to the application with how it ended', async () => {
    const returnTo = 'https://app.acme.example/hubspot?tab=2';
    const done = await hub.install(new Browser(), { returnTo });
    expect(done.status).toBe(303);
    const target = new URL(done.location ?? '');
    expect(target.origin + target.pathname).toBe('https://app.acme.example/hubspot');
    expect(Object.fromEntries(target.searchParams)).toEqual({
      tab: '2',
      install: 'connected',
      portalId: String(PORTAL),
      link: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    const denied = await hub.install(new Browser(), { returnTo }, { deny: true });
    expect(new URL(denied.location ?? '').searchParams.get('install')).toBe('denied');
  });

  it.each([
    'https://evil.example/',
    'https://app.acme.example.evil.example/',
    'https://app.acme.example@evil.example/',
    '//evil.example',
    'javascript:alert(1)',
    'http://app.acme.example/',
  ])('returns nowhere else: %s is refused when the link is made', async (returnTo) => {
    const answer = await hub.api.api.post(`${API}/links`, { returnTo });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: 'returnTo' }] } });
  });

  it('gives the portal an optional scope where HubSpot grants it, and says so where it does not', async () => {
    const other = await startInstalls({ HUBSPOT_OPTIONAL_SCOPES: 'timeline e-commerce' });
    try {
      const opened = await new Browser().begin(await other.link());
      expect(new URL(opened.location ?? '').searchParams.get('optional_scope')).toBe('timeline e-commerce');
      await other.control('POST', '/portals', { portalId: PORTAL, withheldScopes: ['e-commerce'] });
      const page = await other.install(new Browser());
      expect(textOf(page.text)).toContain('Not allowed e-commerce (optional)');
      const [portal] = await other.rows('SELECT scopes FROM portals');
      expect(portal?.scopes).toContain('timeline');
    } finally {
      await other.close();
    }
  });
});

describe('GET …/auth', () => {
  it('gives a backend a link of ours, so that the cookie gets into the browser that goes to HubSpot', async () => {
    const headers = { accept: 'application/json', authorization: `Bearer ${await hub.api.key()}` };
    const answer = await new Browser().get(`${hub.api.url}${API}/auth?portalId=${PORTAL}`, headers);
    expect(answer.status).toBe(200);
    expect(answer.headers.getSetCookie()).toEqual([]);
    const { url } = JSON.parse(answer.text) as { url: string };
    expect(url).toMatch(new RegExp(`^${hub.api.url}${API}/start/[\\w-]{43}$`));
    expect((await new Browser().begin(url)).status).toBe(303);
  });

  it("leads a browser that brings a key to the link's page: the key may be a backend's, and the person somebody else", async () => {
    const browser = new Browser();
    const authorization = `Bearer ${await hub.api.key()}`;
    const answer = await browser.get(`${hub.api.url}${API}/auth`, { authorization });
    expect(answer.status).toBe(303);
    expect(answer.location).toMatch(new RegExp(`^${hub.api.url}${API}/start/[\\w-]{43}$`));
    const opened = await browser.begin(answer.location ?? '');
    expect((await browser.get(await hub.click(opened.location ?? ''))).status).toBe(200);
  });

  it('needs a key that may', async () => {
    const reader = await hub.api.client({ scopes: ['portals:read'] });
    expect((await reader.get(`${API}/auth`)).status).toBe(403);
    expect((await fetch(`${hub.api.url}${API}/auth`)).status).toBe(401);
  });
});

describe('a link', () => {
  it('opens a page that names who asks for which account and what for, and stores nothing yet', async () => {
    await hub.rows(`UPDATE workspaces SET name = 'Acme <Ltd>' WHERE id = $1`, [WORKSPACE]);
    const page = await new Browser().get(
      await hub.link({ portalId: PORTAL, features: ['throttle', 'sync'] }),
    );
    expect(page.status).toBe(200);
    const text = textOf(page.text);
    expect(text).toContain('Connect a HubSpot account to “Acme &lt;Ltd&gt;”?');
    expect(text).toContain(`Account ${PORTAL}`);
    for (const scope of ['automation', 'crm.objects.contacts.write', 'tickets'])
      expect(text).toContain(scope);
    expect(page.headers.get('content-security-policy')).toContain(
      `form-action 'self' ${new URL(hub.sandbox.url).origin};`,
    );
    expect(await hub.rows('SELECT 1 FROM oauth_states')).toEqual([]);
    const open = textOf((await new Browser().get(await hub.link())).text);
    expect(open).toContain('the one that you choose at HubSpot');
  });

  it('goes on only from its page, in the browser that has had it', async () => {
    const [url, other] = [await hub.link(), await hub.link()];
    const proofIn = (page: { text: string }) => /name="proof" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    const browser = new Browser();
    const proof = proofIn(await browser.get(url));
    const stranger = new Browser();
    await stranger.get(url);
    for (const answer of [
      await new Browser().submit(url, { proof }), // a form on somebody's site: no cookie comes with it
      await stranger.submit(url, { proof }),
      await browser.submit(url, {}),
      await browser.submit(other, { proof }),
    ]) {
      expect(answer.status).toBe(403);
      expect(textOf(answer.text)).toContain('Open the link again and go on from its page');
    }
    expect(await hub.rows('SELECT 1 FROM oauth_states')).toEqual([]);
    expect((await browser.submit(url, { proof })).location).toContain(`${hub.sandbox.url}/oauth/authorize?`);
  });

  it('can be opened again until an install was completed by it, and not after', async () => {
    const url = await hub.link();
    const browser = new Browser();
    expect((await browser.begin(url)).status).toBe(303);
    const again = await browser.begin(url);
    expect((await browser.get(await hub.click(again.location ?? ''))).status).toBe(200);
    const after = await browser.get(url);
    expect(after.status).toBe(410);
    expect(textOf(after.text)).toContain('This link has been used, has expired, or is not complete');
  });

  it('ends when it expires, and looks then like one that never was', async () => {
    const url = await hub.link();
    await hub.rows(`UPDATE install_links SET expires_at = now() - interval '1 ms'`);
    const [expired, unknown] = [
      await new Browser().get(url),
      await new Browser().get(`${hub.api.url}${API}/start/${'x'.repeat(43)}`),
    ];
    const plain = ({ status, text }: { status: number; text: string }) => [
      status,
      text.replace(/[0-9a-f-]{36}/, ''),
    ];
    expect(expired.status).toBe(410);
    expect(plain(expired)).toEqual(plain(unknown));
  });
});

describe('an install that fails', () => {
  const nothingStored = async () => expect(await hub.rows('SELECT 1 FROM portals')).toEqual([]);
  const START_LINK = /\/api\/integrations\/hubspot\/start\/[\w-]{43}$/;
  const startAgain = (text: string) => /href="([^"]*\/start\/[^"]*)">Start again/.exec(text)?.[1];

  it('because the person said no: says so, and lets them start again', async () => {
    const browser = new Browser();
    const page = await hub.install(browser, {}, { deny: true });
    expect(page.status).toBe(403);
    expect(textOf(page.text)).toContain('The installation was not allowed');
    await nothingStored();
    const again = await browser.begin(startAgain(page.text) ?? '');
    expect((await browser.get(await hub.click(again.location ?? ''))).status).toBe(200);
    expect(
      await hub.rows(`SELECT result FROM audit_entries WHERE operation = 'portal.install' ORDER BY seq`),
    ).toEqual([{ result: 'install_denied' }, { result: 'ok' }]);
  });

  it('because its state was used before: the second time is refused, the first one stands', async () => {
    const browser = new Browser();
    const opened = await browser.begin(await hub.link());
    const back = await hub.click(opened.location ?? '');
    expect((await browser.get(back)).status).toBe(200);
    const [before] = await hub.rows('SELECT p::text FROM portals p');
    const replayed = await browser.get(back);
    expect(replayed.status).toBe(410);
    expect(textOf(replayed.text)).toContain(
      'If a page before this one said that the account is connected, it is',
    );
    expect(await hub.rows('SELECT p::text FROM portals p')).toEqual([before]);
  });

  it('because two bring the same state at once: one of them gets it', async () => {
    const browser = new Browser();
    const opened = await browser.begin(await hub.link());
    const back = await hub.click(opened.location ?? '');
    const pages = await Promise.all([1, 2, 3, 4].map(() => browser.get(back)));
    expect(pages.map(({ status }) => status).sort()).toEqual([200, 410, 410, 410]);
  });

  it('because its state is older than ten minutes', async () => {
    const browser = new Browser();
    const opened = await browser.begin(await hub.link());
    const [{ seconds } = {}] = await hub.rows(
      'SELECT extract(epoch FROM expires_at - created_at)::int AS seconds FROM oauth_states',
    );
    expect(seconds).toBe(600);
    await hub.rows(`UPDATE oauth_states SET expires_at = now() - interval '1 ms'`);
    const page = await browser.get(await hub.click(opened.location ?? ''));
    expect(page.status).toBe(410);
    expect(startAgain(page.text)).toMatch(START_LINK);
    await nothingStored();
  });

  it('because another browser brings the state, with a cookie of its own or without one', async () => {
    const opened = await new Browser().begin(await hub.link());
    const back = await hub.click(opened.location ?? '');
    const [bare, stranger] = [new Browser(), new Browser()];
    const without = await bare.get(back);
    expect(without.status).toBe(403);
    expect(textOf(without.text)).toContain('This is not the browser that began the installation');
    await stranger.get(await hub.link());
    expect((await stranger.get(back)).status).toBe(410);
    await nothingStored();
  });

  it("because the state of another workspace's install is brought: it is as good as none", async () => {
    const theirs = await hub.api.client({ workspaceId: OTHER_WORKSPACE });
    const [victim, attacker] = [new Browser(), new Browser()];
    const opened = await attacker.begin(await hub.link({}, theirs));
    const planted = await hub.click(opened.location ?? '', { portalId: PORTAL });
    await victim.get(await hub.link());
    expect((await victim.get(planted)).status).toBe(410);
    await nothingStored();
  });

  it("because HubSpot's page was used for another account than was meant", async () => {
    await hub.control('POST', '/portals', { portalId: 777, name: 'Other' });
    const page = await hub.install(new Browser(), { portalId: PORTAL }, { portalId: 777 });
    expect(page.status).toBe(409);
    expect(textOf(page.text)).toContain(`Account ${PORTAL} was to be connected, and account 777 was chosen`);
    await nothingStored();
  });

  it('because another workspace has proved to hold the account: in words that do not tell, and without harming its grant', async () => {
    const theirs = await hub.api.client({ workspaceId: OTHER_WORKSPACE });
    const browser = new Browser();
    const opened = await browser.begin(await hub.link({}, theirs));
    await browser.get(await hub.click(opened.location ?? ''));
    const [before] = await hub.rows('SELECT p::text FROM portals p');

    const page = await hub.install(new Browser());
    expect(page.status).toBe(409);
    expect(textOf(page.text)).toContain('This HubSpot account cannot be connected here. Nothing was stored.');
    expect(textOf(page.text)).not.toMatch(/workspace|theirs/i);
    expect(await hub.rows('SELECT p::text FROM portals p')).toEqual([before]);
    const report = await hub.control<{ tokenCalls: { byGrant: Record<string, number> } }>(
      'GET',
      '/oauth/report',
    );
    expect(JSON.stringify(report)).not.toContain('"revoke":1');
  });

  it('because HubSpot granted less than is needed: names it', async () => {
    const page = await hub.install(new Browser(), {}, { scopes: ['oauth'] });
    expect(page.status).toBe(403);
    expect(textOf(page.text)).toContain('HubSpot did not grant automation');
    await nothingStored();
  });

  it('because HubSpot is away', async () => {
    await hub.control('POST', '/faults', { target: 'oauth', kind: 'status', status: 503 });
    const page = await hub.install(new Browser());
    expect(page.status).toBe(503);
    expect(textOf(page.text)).toContain('HubSpot cannot be reached');
    expect(startAgain(page.text)).toMatch(START_LINK);
    await nothingStored();
  });

  it('not when HubSpot is away for a moment only', async () => {
    await hub.control('POST', '/faults', { target: 'oauth', kind: 'status', status: 503, count: 1 });
    expect((await hub.install(new Browser())).status).toBe(200);
  });

  it('because the app is not set up right: names what to check', async () => {
    const wrong = await startInstalls({ HUBSPOT_CLIENT_SECRET: 'not-the-secret' });
    try {
      const page = await wrong.install(new Browser());
      expect(page.status).toBe(500);
      expect(textOf(page.text)).toContain('BAD_CLIENT_SECRET');
      expect(textOf(page.text)).toContain('HUBSPOT_CLIENT_SECRET');
      expect(textOf(page.text)).toMatch(/give this number: [0-9a-f-]{36}/);
    } finally {
      await wrong.close();
    }
  });

  it('answers JSON to who asks for it', async () => {
    const answer = await new Browser().get(`${hub.api.url}${CALLBACK}?state=x&code=y`, {
      accept: 'application/json',
    });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(JSON.parse(answer.text)).toMatchObject({ type: 'urn:sluice:install_wrong_browser', status: 403 });
  });
});

describe('the pages', () => {
  it('say that there were too many, too, and when to come back', async () => {
    const browser = new Browser();
    let page = await browser.get(`${hub.api.url}${API}/start/none`);
    for (let asked = 1; page.status !== 429 && asked < 400; asked += 1)
      page = await browser.get(`${hub.api.url}${API}/start/none`);
    expect(page.status).toBe(429);
    expect(Number(page.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(textOf(page.text)).toContain('Wait a minute, then start again.');
  });

  it('allow no script, nothing from elsewhere, no framing, no keeping, and quote no text that came from outside', async () => {
    const browser = new Browser();
    const opened = await browser.begin(await hub.link());
    const state = new URL(opened.location ?? '').searchParams.get('state') ?? '';
    const error = encodeURIComponent('<script>alert(1)</script>');
    const page = await browser.get(`${hub.api.url}${CALLBACK}?state=${state}&error=${error}`);
    expect(page.status).toBe(500);
    expect(page.text).not.toContain('<script');
    expect(page.text).not.toContain('alert(1)');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/=]+'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    );
    const style = /<style>([^]*?)<\/style>/.exec(page.text)?.[1] ?? '';
    expect(policy).toContain(createHash('sha256').update(style).digest('base64'));
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
  });
});
