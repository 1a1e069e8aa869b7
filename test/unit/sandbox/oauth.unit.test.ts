import { beforeEach, describe, expect, it } from '@jest/globals';
import { App } from '../../../sandbox/oauth/app.js';
import { decide, readAuthorizeRequest } from '../../../sandbox/oauth/authorize.js';
import { Codes } from '../../../sandbox/oauth/codes.js';
import { Installs } from '../../../sandbox/oauth/installs.js';
import { Portal } from '../../../sandbox/portals/portal.js';
import { seededRandom } from '../../../sandbox/platform/random.js';
import { defaultSettings, type Settings } from '../../../sandbox/settings.js';

const MINUTE_MS = 60_000;
let nowMs: number;
let settings: Settings;
let portal: Portal;
const clock = { now: () => nowMs, epochMs: () => 1_790_000_000_000 + nowMs };
beforeEach(() => {
  nowMs = 0;
  settings = defaultSettings();
  portal = new Portal(1, 'Acme', 'UTC', settings);
});

describe('a code', () => {
  it('is valid for ten minutes and no longer', () => {
    const codes = new Codes(clock, seededRandom(1));
    const issue = () => codes.issue({ portal, redirectUri: 'x', scopes: [], codeChallenge: undefined });
    const [early, late] = [issue(), issue()];
    nowMs = 10 * MINUTE_MS - 1;
    expect(codes.take(early)?.portal).toBe(portal);
    nowMs = 10 * MINUTE_MS;
    expect(codes.take(late)).toBeUndefined();
  });
});

describe('an access token', () => {
  it('is valid for 30 minutes; one of a private app for ever', () => {
    const installs = new Installs(clock, seededRandom(1), settings);
    const kindOf = (text: string) => installs.check(`Bearer ${text}`).kind;
    const oauth = installs.issue(installs.install(portal, ['oauth']), ['oauth'], 1_800);
    const own = installs.issue(installs.install(portal, ['oauth'], 'private'), ['oauth'], null);
    nowMs = 30 * MINUTE_MS - 1;
    expect(kindOf(oauth.access.text)).toBe('valid');
    nowMs = 30 * MINUTE_MS;
    expect(kindOf(oauth.access.text)).toBe('expired');
    nowMs = 1_000_000 * MINUTE_MS;
    expect(kindOf(own.access.text)).toBe('valid');
  });

  it('of an earlier installation does not become valid again with the next one', () => {
    const installs = new Installs(clock, seededRandom(1), settings);
    const first = installs.install(portal, ['oauth']);
    const { access, refresh } = installs.issue(first, ['oauth'], 1_800);
    installs.uninstall(first);
    installs.install(portal, ['oauth']);
    expect(installs.check(`Bearer ${access.text}`).kind).toBe('uninstalled');
    expect(installs.isAlive(refresh)).toBe(false);
  });
});

describe('a rotated refresh token', () => {
  it('stays valid for the time that is set, also when another is rotated meanwhile', () => {
    settings.rotateRefreshTokens = true;
    settings.rotationInvalidatesOldAfterMs = 1_000;
    const installs = new Installs(clock, seededRandom(1), settings);
    const first = installs.issue(installs.install(portal, ['oauth']), ['oauth'], 1_800).refresh;
    const second = installs.renew(first).refresh;
    nowMs = 999;
    expect(installs.isAlive(first)).toBe(true);
    installs.renew(first); // does not extend its time
    nowMs = 1_000;
    expect([installs.isAlive(first), installs.isAlive(second)]).toEqual([false, true]);
  });
});

describe('an authorize link', () => {
  const app = (redirectUris: string[]) =>
    new App({ appId: 1, clientId: 'c', clientSecret: 's', redirectUris }, seededRandom(1));
  const query = (redirectUri: string) =>
    new URLSearchParams({ client_id: 'c', redirect_uri: redirectUri, scope: 'oauth oauth automation' });

  it('leads only to a registered address, if there are any, and only to an exact match', () => {
    const registered = app(['https://one.example/cb', 'http://localhost:3000/cb']);
    expect(readAuthorizeRequest(registered, query('https://one.example/cb')).ok).toBe(true);
    for (const other of ['https://one.example/cb/', 'https://one.example/cb?x=1', 'https://two.example/cb']) {
      expect(readAuthorizeRequest(registered, query(other)).ok).toBe(false);
    }
    expect(readAuthorizeRequest(app([]), query('https://two.example/cb')).ok).toBe(true);
  });

  it('keeps the query of the redirect address, and asks for each scope once', () => {
    const read = readAuthorizeRequest(app([]), query('https://one.example/cb?tenant=7'));
    if (!read.ok) throw new Error(read.problem);
    expect(read.request.required).toEqual(['oauth', 'automation']);
    const location = new URL(decide(new Codes(clock, seededRandom(1)), read.request, { portal, deny: true }));
    expect(location.searchParams.get('tenant')).toBe('7');
    expect(location.searchParams.get('error')).toBe('access_denied');
    expect(location.searchParams.has('state')).toBe(false);
  });
});
