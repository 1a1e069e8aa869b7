import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runCli } from '../../../src/cli/program.js';
import { createLogger } from '../../../src/platform/logger.js';
import { until } from '../../support/until.js';
import { OTHER_WORKSPACE } from '../http/harness.js';
import { Browser, CALLBACK, PORTAL, startInstalls, textOf, type Answer, type Installs } from './harness.js';

const API = '/api/integrations/hubspot';

let hub: Installs;
beforeEach(async () => {
  hub = await startInstalls({
    INSTALL_RETURN_ORIGINS: 'https://app.acme.example',
    PRODUCT_NAME: 'Slow Lane',
  });
});
afterEach(() => hub.close());

const redirectUri = () => hub.api.url + CALLBACK;
/** Where HubSpot leads the browser of somebody who has chosen Install on the app's listing. */
const begin = async (plan: Record<string, unknown> = {}, portalId = PORTAL) =>
  (
    await hub.control<{ location: string }>('POST', `/portals/${portalId}/begin`, {
      redirectUri: redirectUri(),
      origin: hub.sandbox.url,
      ...plan,
    })
  ).location;
/** Follows redirects within us until a page, or HubSpot, comes. */
async function follow(browser: Browser, url: string): Promise<Answer> {
  let answer = await browser.get(url);
  while (answer.location?.startsWith(hub.api.url)) answer = await browser.get(answer.location);
  return answer;
}
const codeOn = (page: Answer) => /Claim code<\/dt><dd><code>([^<]+)</.exec(page.text)?.[1] ?? '';
const goOnFrom = (page: Answer) => /href="([^"]+)">Go on</.exec(page.text)?.[1] ?? '';
const claim = (code: string, client = hub.api.api) =>
  client.post<{ url: string; portalId: number | null; detail?: string }>(`${API}/claims`, { code });
const portals = () => hub.rows('SELECT portal_id, workspace_id, state FROM portals');

/** From a page of ours that asks, over HubSpot's page, to where that leads. */
async function agree(browser: Browser, url: string): Promise<Answer> {
  const opened = await browser.begin(url);
  return browser.get(await hub.click(opened.location ?? ''));
}

describe('an install that HubSpot begins', () => {
  it('leads to a page with a claim code, stores nothing until a workspace has claimed the account, and then goes on and back to HubSpot', async () => {
    const browser = new Browser();
    const page = await follow(browser, await begin());
    expect(page.status).toBe(200);
    expect(textOf(page.text)).toContain('One step is left to connect HubSpot to Slow Lane');
    expect(textOf(page.text)).toContain(String(PORTAL));
    expect(page.text).toContain('Back to HubSpot');
    expect(await portals()).toEqual([]);

    // Nobody has claimed it: the page stays, however often one goes on.
    expect(codeOn(await follow(browser, goOnFrom(page)))).toBe(codeOn(page));

    const claimed = await claim(codeOn(page));
    expect(claimed).toMatchObject({ status: 201, body: { portalId: PORTAL } });
    const consent = await follow(browser, goOnFrom(page));
    expect(consent.text).toContain('Go on to HubSpot');
    const end = await agree(browser, claimed.body.url);
    expect(end.status).toBe(303);
    expect(end.location).toContain(`${hub.sandbox.url}/oauth/marketplace/${PORTAL}`);
    expect((await browser.get(end.location ?? '')).text).toContain('Installed');
    expect(await portals()).toMatchObject([{ portal_id: String(PORTAL), state: 'active' }]);
    expect(await hub.rows('SELECT operation, result FROM audit_entries ORDER BY seq')).toEqual([
      { operation: 'portal.claim', result: 'ok' },
      { operation: 'portal.install', result: 'ok' },
    ]);
  });

  it('is led on in the same way where HubSpot wants a state first (step=authorize, then finalize)', async () => {
    const browser = new Browser();
    const sent = await browser.get(await begin({ partnerSignIn: true }));
    expect(sent.status).toBe(303);
    const back = new URL(sent.location ?? '');
    expect(back.origin).toBe(hub.sandbox.url);
    expect(back.searchParams.get('state')).toMatch(/^[\w-]{43}$/);
    const hubspot = await browser.get(back.href);
    expect(hubspot.location).toContain('step=finalize');
    const page = await follow(browser, hubspot.location ?? '');
    expect(codeOn(page)).not.toBe('');
    await claim(codeOn(page));
    const opened = await follow(browser, goOnFrom(page));
    expect(opened.text).toContain('Go on to HubSpot');
  });

  it('of an account that a workspace holds leads to its own link, and revives it by an install as any other', async () => {
    await hub.install(new Browser());
    await hub.rows(`UPDATE portals SET state = 'reauth_required'`);
    const browser = new Browser();
    const first = await browser.get(await begin());
    expect(first.location).toMatch(/\/start\/[\w-]{43}$/);
    expect(await portals()).toMatchObject([{ state: 'reauth_required' }]);
    const end = await agree(browser, first.location ?? '');
    expect(end.location).toContain('/oauth/marketplace/');
    expect(await portals()).toMatchObject([{ state: 'active' }]);
  });

  it.each([
    ['never proved to hold it', `UPDATE portals SET verified_at = NULL`],
    ['has disconnected it', `UPDATE portals SET state = 'disconnected'`],
  ])('of an account of a workspace that %s is to be claimed', async (_, change) => {
    await hub.install(new Browser());
    await hub.rows(change);
    expect(codeOn(await follow(new Browser(), await begin()))).not.toBe('');
  });

  it('that was left half-way goes on when it is begun anew, wherever it was left', async () => {
    const browser = new Browser();
    // Left on the page with the code, and then, when that was claimed, on HubSpot's page.
    await follow(browser, await begin());
    const claimed = await claim(codeOn(await follow(browser, await begin())));
    expect((await browser.begin(claimed.body.url)).location).toContain('/oauth/authorize');
    for (const another of [browser, new Browser()]) {
      const anew = await follow(another, await begin());
      const { status, body } = await claim(codeOn(anew));
      expect(status).toBe(201);
      expect((await agree(another, body.url)).status).toBe(303);
      expect(await portals()).toMatchObject([{ state: 'active' }]);
      await hub.rows(`UPDATE portals SET state = 'disconnected'`);
    }
  });

  it('binds nothing to the browser that brings it: a planted code connects nobody to anything', async () => {
    const victim = new Browser();
    await victim.get(await hub.link());
    await hub.control('POST', '/portals', { portalId: 777, name: 'Attacker' });
    const page = await follow(victim, await begin({}, 777));
    expect(textOf(page.text)).toContain('777');
    expect(await portals()).toEqual([]);
    // And who claims it with a code of the attacker's gets a page that names the account, not an installed one.
    await claim(codeOn(page));
    expect(await portals()).toEqual([]);
  });

  it('that was refused there says so in words, with and without cookies', async () => {
    const known = new Browser();
    await known.get(await hub.link());
    for (const browser of [new Browser(), known]) {
      const page = await browser.get(await begin({ deny: true }));
      expect(page.status).toBe(403);
      expect(textOf(page.text)).toContain('The installation was not allowed');
      expect(page.text).toContain('Back to HubSpot');
      const bare = await browser.get(`${redirectUri()}?error=access_denied`);
      expect(bare.status).toBe(403);
    }
  });

  it('whose code HubSpot does not know is answered in words', async () => {
    const unknown = await new Browser().get(`${redirectUri()}?code=na1-nothing`);
    expect(unknown.status).toBe(410);
    expect(textOf(unknown.text)).toContain('HubSpot no longer takes the code');
  });

  it.each(['', '?step=finalize&state=x', '?step=authorize'])(
    'and that brings no code gets none of ours, since HubSpot has named no account: %s',
    async (query) => {
      const page = await new Browser().get(redirectUri() + query);
      expect(page.status).toBe(400);
      expect(textOf(page.text)).toContain(
        'Begin from your workspace of Slow Lane, or start at HubSpot once more',
      );
    },
  );

  it.each(['Your account is blocked: call 555-0100', 'Invalid_Scope', 'a'.repeat(41), '<b>x</b>'])(
    'shows no text that somebody put into its address: %s',
    async (error) => {
      for (const rest of ['', '&step=finalize&state=x']) {
        const page = await new Browser().get(`${redirectUri()}?error=${encodeURIComponent(error)}${rest}`);
        expect(page.status).toBe(400);
        expect(textOf(page.text)).toContain('HubSpot did not accept the request. Nothing was stored.');
        expect(page.text).not.toContain(error);
      }
      const named = await new Browser().get(`${redirectUri()}?error=invalid_scope`);
      expect([named.status, textOf(named.text)]).toEqual([400, expect.stringContaining('(invalid_scope)')]);
    },
  );

  it.each([
    'https://evil.example/',
    'https://app.hubspot.com.evil.example/',
    'https://evilhubspot.com/',
    'https://app.hubspot.com@evil.example/',
    'http://app.hubspot.com/',
    'https://app.hubspot.com:8443/',
    'javascript:alert(1)',
    '//evil.example',
  ])('leads to no page but one of HubSpot: not to %s', async (returnUrl) => {
    const query = new URLSearchParams({ step: 'authorize', returnUrl }).toString();
    const answer = await new Browser().get(`${redirectUri()}?${query}`);
    expect([answer.status, answer.location]).toEqual([400, undefined]);
    expect(answer.text).not.toContain('Back to HubSpot');
    expect(answer.text).not.toContain('evil');
  });

  it.each(['https://app.hubspot.com/x?y=1', 'https://app-eu1.hubspot.com/x?y=1'])(
    'leads back to %s',
    async (returnUrl) => {
      const query = new URLSearchParams({ step: 'authorize', returnUrl }).toString();
      const answer = await new Browser().get(`${redirectUri()}?${query}`);
      expect(answer.location).toMatch(
        new RegExp(`^${returnUrl.replaceAll(/[.?]/g, '\\$&')}&state=[\\w-]{43}$`),
      );
    },
  );

  it('answers JSON to who asks for it', async () => {
    const accept = 'application/json';
    const answer = await new Browser().get(await begin(), { accept });
    expect(JSON.parse(answer.text)).toMatchObject({
      installed: false,
      claimUrl: expect.stringContaining('/claim/'),
    });
  });
});

describe('a code that comes without a state', () => {
  const lead = (code: string, rest = '') => new Browser().get(`${redirectUri()}?code=${code}${rest}`);
  const fault = (plan: Record<string, unknown>) =>
    hub.control('POST', '/faults', { target: 'oauth', path: 'token', ...plan });
  const hits = async () =>
    (await hub.control<{ items: { hits: number }[] }>('GET', '/faults')).items[0]?.hits;

  it('is asked of HubSpot once, whatever fails', async () => {
    await fault({ kind: 'status', status: 503 });
    expect((await lead('x')).status).toBe(503);
    expect(await hits()).toBe(1);
  });

  it('is one of four under way at once, and of sixty in a minute: the others come again later, and an install of ours goes on', async () => {
    await fault({ kind: 'latency', latencyMs: 1500 });
    const together = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((code) => lead(code)));
    expect(together.map(({ status }) => status).sort()).toEqual([410, 410, 410, 410, 429, 429]);
    expect(await hits()).toBe(4);
    await hub.control('DELETE', '/faults');
    for (let n = 4; n < 60; n += 1)
      expect((await lead(`x${n}`, n % 2 ? '&step=finalize&state=x' : '')).status).toBe(410);
    await fault({ kind: 'latency', latencyMs: 0 });
    const held = await lead('one-more');
    expect([held.status, await hits()]).toEqual([429, 0]);
    expect(Number(held.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(textOf(held.text)).toContain('Wait a minute, then start again.');
    expect((await hub.install(new Browser())).status).toBe(200);
  });

  it('and is good for nothing costs a line of the log a minute, and an error in an address none', async () => {
    await hub.close();
    const lines: string[] = [];
    const logger = createLogger({ LOG_LEVEL: 'info', LOG_FORMAT: 'json' }, 'test');
    for (const transport of logger.transports) transport.silent = true;
    logger.on('data', ({ level, message }: { level: string; message: string }) => {
      if (level === 'warn' || level === 'error') lines.push(`${level} ${message}`);
    });
    hub = await startInstalls({}, logger);
    for (let n = 0; n < 5; n += 1) await lead(`x${n}`);
    for (let n = 0; n < 5; n += 1) await new Browser().get(`${redirectUri()}?error=anything%20at%20all`);
    expect(lines).toEqual(['warn HubSpot OAuth: lead restart']);
    await fault({ kind: 'status', status: 503 });
    for (let n = 0; n < 5; n += 1) await lead(`y${n}`);
    expect(lines.slice(1)).toEqual([
      'warn HubSpot OAuth: lead transient',
      'error HubSpot did not answer in time, or could not. Nothing was stored.',
    ]);
  });
});

describe('a claim code', () => {
  it('is good once, for one workspace, and for a day', async () => {
    const page = await follow(new Browser(), await begin());
    const theirs = await hub.api.client({ workspaceId: OTHER_WORKSPACE });
    expect((await claim(codeOn(page))).status).toBe(201);
    expect(await claim(codeOn(page), theirs)).toMatchObject({ status: 409 });
    const late = await follow(new Browser(), await begin());
    const [text = ''] = codeOn(late).split('.');
    expect(JSON.parse(Buffer.from(text, 'base64url').toString()).e - Date.now()).toBeLessThanOrEqual(
      86_400_000,
    );
  });

  it('that was changed, cut or invented is none', async () => {
    const code = codeOn(await follow(new Browser(), await begin()));
    const [text = '', mac = ''] = code.split('.');
    const body = { ...JSON.parse(Buffer.from(text, 'base64url').toString()), p: 777 };
    const forged = `${Buffer.from(JSON.stringify(body)).toString('base64url')}.${mac}`;
    for (const wrong of [forged, code.slice(0, -1), text, 'x', `${text}.${'A'.repeat(43)}`]) {
      expect((await claim(wrong)).status).toBe(400);
      expect((await new Browser().get(`${hub.api.url}${API}/claim/${wrong}`)).status).toBe(410);
    }
  });

  it('that names no account is refused, though it was signed here', async () => {
    const code = codeOn(await follow(new Browser(), await begin()));
    const body = { ...JSON.parse(Buffer.from(code.split('.')[0] ?? '', 'base64url').toString()), p: null };
    const text = Buffer.from(JSON.stringify(body)).toString('base64url');
    const mac = createHmac('sha256', 'sluice claim secret').update(text).digest('base64url');
    expect(await claim(`${text}.${mac}`)).toMatchObject({ status: 400 });
    expect((await new Browser().get(`${hub.api.url}${API}/claim/${text}.${mac}`)).status).toBe(410);
    expect(await hub.rows('SELECT FROM install_links')).toEqual([]);
  });

  it('is taken on the command line, which prints the link', async () => {
    const code = codeOn(await follow(new Browser(), await begin()));
    const seen = { out: '', err: '' };
    const exit = await runCli(['portals', 'claim', code], {
      out: (text) => void (seen.out += text),
      err: (text) => void (seen.err += text),
      env: { SLUICE_API_URL: hub.api.url, SLUICE_API_KEY: await hub.api.key() },
      cwd: '/',
    });
    expect([exit, seen.out]).toEqual([0, expect.stringContaining('/start/')]);
    expect(seen.out).toContain(`Account ${PORTAL}`);
  });
});

describe('a link that names no account', () => {
  const scopesOf = async () => ((await hub.rows('SELECT scopes FROM portals'))[0]?.scopes ?? []) as string[];

  it('takes no scopes away: where the chosen account has more switched on, HubSpot is asked once more, for all of it', async () => {
    await hub.install(new Browser(), { features: ['throttle', 'sync'] });
    const before = await scopesOf();
    expect(before).toContain('crm.objects.contacts.read');

    const browser = new Browser();
    const opened = await browser.begin(await hub.link());
    const again = await browser.get(await hub.click(opened.location ?? ''));
    expect(again.status).toBe(303);
    const asked = new URL(again.location ?? '');
    expect(asked.origin).toBe(hub.sandbox.url);
    expect(asked.searchParams.get('scope')?.split(' ')).toEqual(expect.arrayContaining(before));
    expect(await scopesOf()).toEqual(before); // nothing was stored meanwhile

    const end = await browser.get(await hub.click(asked.href));
    expect(end.status).toBe(200);
    expect(textOf(end.text)).toContain('connected again');
    expect(textOf(end.text)).not.toContain('cannot work yet');
    expect([...(await scopesOf())].sort()).toEqual([...before].sort());
  });

  it('says what was asked, and asks no third time: what HubSpot does not grant then is named', async () => {
    await hub.install(new Browser(), { features: ['throttle', 'sync'] });
    const browser = new Browser();
    const opened = await browser.begin(await hub.link());
    const again = await browser.get(await hub.click(opened.location ?? ''));
    const end = await browser.get(await hub.click(again.location ?? '', { scopes: ['oauth', 'automation'] }));
    expect(end.status).toBe(403);
    expect(textOf(end.text)).toContain('HubSpot did not grant crm.objects.contacts.read');
  });
});

describe('the callback', () => {
  it('stores the grant of an install for as long as a page may take, whatever error the database gives meanwhile', async () => {
    await hub.rows(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN RAISE EXCEPTION 'cannot execute INSERT' USING ERRCODE = '25006'; END $$`,
    );
    await hub.rows('CREATE TRIGGER refuse BEFORE INSERT ON portals FOR EACH ROW EXECUTE FUNCTION refuse()');
    const page = hub.install(new Browser());
    await until(
      'it was tried',
      async () => (await hub.rows('SELECT FROM oauth_states WHERE used_at IS NOT NULL')).length > 0,
      5000,
    );
    await hub.rows('SELECT pg_sleep(1)');
    await hub.rows('DROP FUNCTION refuse CASCADE');
    expect((await page).status).toBe(200);
    expect(await portals()).toMatchObject([{ state: 'active' }]);
  });

  it('with a code that is given twice is a page with words, and uses nothing up', async () => {
    const browser = new Browser();
    const opened = await browser.begin(await hub.link());
    const back = await hub.click(opened.location ?? '');
    const doubled = await browser.get(`${back}&code=another`);
    expect(doubled.status).toBe(400);
    expect(textOf(doubled.text)).toContain('more than once');
    // The same value twice is that value.
    const code = new URL(back).searchParams.get('code') ?? '';
    expect((await browser.get(`${back}&code=${code}`)).status).toBe(200);
  });

  it('offers to start again where that starts again, and not by a link that was used', async () => {
    const browser = new Browser();
    const opened = await browser.begin(await hub.link());
    const back = await hub.click(opened.location ?? '');
    await browser.get(back);
    const replayed = await browser.get(back);
    expect(replayed.status).toBe(410);
    expect(replayed.text).not.toContain('Start again</a>');
  });

  it('names the product on each page', async () => {
    const browser = new Browser();
    const link = await hub.link();
    for (const page of [await browser.get(link), await agree(browser, link), await browser.get(link)])
      expect(page.text).toContain('<p class="product">Slow Lane</p>');
  });
});
