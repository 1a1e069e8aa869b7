import { expect } from '@jest/globals';
import { PORTAL, SECRET, startHarness } from './harness.js';

export const CLIENT = { client_id: 'sandbox-client-id', client_secret: SECRET };
export const REDIRECT = 'http://localhost:3000/api/integrations/hubspot/callback';
export const SCOPE = 'oauth automation';

type Fields = Record<string, string>;

/** A sandbox with one portal, in which the app is not installed yet, and what an app does to install and refresh. */
export async function startOAuth() {
  const harness = await startHarness();
  await harness.control('POST', '/portals', { portalId: PORTAL, name: 'Acme' });

  const form = (path: string, fields: Fields) =>
    harness.ask('POST', path, new URLSearchParams(fields).toString(), {
      'content-type': 'application/x-www-form-urlencoded',
    });
  const token = (fields: Fields, version = '2026-03') =>
    form(`/oauth/${version}/token`, { ...CLIENT, ...fields });
  const exchange = (code: string, more: Fields = {}) =>
    token({ grant_type: 'authorization_code', code, redirect_uri: REDIRECT, ...more });
  const authorizeUrl = (query: Fields = {}) => {
    const app = { client_id: CLIENT.client_id, redirect_uri: REDIRECT, scope: SCOPE, state: 's t=1' };
    return `${harness.url}/oauth/authorize?${new URLSearchParams({ ...app, ...query }).toString()}`;
  };
  /** The address that Allow leads to. */
  async function allow(query: Fields = {}, more: Record<string, unknown> = {}) {
    const url = authorizeUrl(query);
    const plan = { portalId: PORTAL, url, ...more };
    const { status, body } = await harness.control('POST', '/oauth/authorize', plan);
    expect(status).toBe(200);
    return new URL(body.location);
  }
  const code = async (query?: Fields, more?: Record<string, unknown>) =>
    (await allow(query, more)).searchParams.get('code') ?? '';

  return {
    ...harness,
    form,
    token,
    refresh: (refreshToken: string, version?: string) =>
      token({ grant_type: 'refresh_token', refresh_token: refreshToken }, version),
    exchange,
    authorizeUrl,
    allow,
    code,
    async installed() {
      const { body } = await exchange(await code());
      return body as { access_token: string; refresh_token: string; expires_in: number };
    },
    call: (accessToken: string) =>
      harness.ask(
        'POST',
        '/automation/actions/callbacks/2026-03/complete',
        { inputs: [] },
        { authorization: `Bearer ${accessToken}` },
      ),
    report: async () => (await harness.control('GET', '/oauth/report')).body,
    settings: (patch: Record<string, unknown>) => harness.control('PATCH', '/settings', patch),
  };
}

export type OAuthHarness = Awaited<ReturnType<typeof startOAuth>>;
