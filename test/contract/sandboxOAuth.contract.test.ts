import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { PORTAL, SECRET, startHarness, type Harness } from '../integration/sandbox/harness.js';
import { describeAgainstHubSpot } from '../support/openapiAnswers.js';

const CLIENT = { client_id: 'sandbox-client-id', client_secret: SECRET };
const REDIRECT = 'http://localhost:3000/callback';
const FORM = 'application/x-www-form-urlencoded';

describeAgainstHubSpot("the sandbox's token endpoints answer by HubSpot's description", (hubspot) => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness();
    await harness.control('POST', '/portals', { portalId: PORTAL });
  });
  afterAll(() => harness.close());

  async function ask(method: string, url: string, body?: unknown, token?: string) {
    const isForm = url.startsWith('/oauth');
    const contentType = isForm ? FORM : 'application/json';
    const text = isForm ? new URLSearchParams(body as Record<string, string>).toString() : body;
    const answer = await harness.ask(method, url, text, {
      'content-type': contentType,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    });
    const request = { method, url, contentType, body };
    if (answer.status < 400) expect(hubspot.request(request)).toEqual([]);
    const given = {
      status: answer.status,
      contentType: answer.headers.get('content-type') ?? undefined,
      body: answer.body,
    };
    return { ...answer, problems: hubspot.answer(request, given) };
  }

  async function install() {
    const query = new URLSearchParams({
      client_id: CLIENT.client_id,
      redirect_uri: REDIRECT,
      scope: 'oauth automation',
    });
    const { body } = await harness.control('POST', '/oauth/authorize', {
      portalId: PORTAL,
      url: `${harness.url}/oauth/authorize?${query.toString()}`,
    });
    const code = new URL(body.location).searchParams.get('code') ?? '';
    const grant = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT };
    return ask('POST', '/oauth/2026-03/token', { ...CLIENT, ...grant });
  }

  it('token: both grants, with and without the hub', async () => {
    for (const tokenRepliesNameHub of [true, false]) {
      await harness.control('PATCH', '/settings', { tokenRepliesNameHub });
      const first = await install();
      expect(first).toMatchObject({ status: 200, problems: [] });
      const { refresh_token } = first.body;
      const renewed = await ask('POST', '/oauth/2026-03/token', {
        ...CLIENT,
        grant_type: 'refresh_token',
        refresh_token,
      });
      expect(renewed).toMatchObject({ status: 200, problems: [] });
    }
  });

  it('token: client credentials, where they are enabled', async () => {
    await harness.control('PATCH', '/settings', { clientCredentialsEnabled: true });
    const grant = { grant_type: 'client_credentials', scope: 'developers-read' };
    const answer = await ask('POST', '/oauth/2026-03/token', { ...CLIENT, ...grant });
    expect(answer).toMatchObject({ status: 200, problems: [] });
  });

  it('introspect: an access token and a refresh token', async () => {
    const { access_token, refresh_token } = (await install()).body;
    for (const token of [access_token, refresh_token]) {
      const answer = await ask('POST', '/oauth/2026-03/token/introspect', { ...CLIENT, token });
      expect(answer).toMatchObject({ status: 200, problems: [] });
    }
  });

  it('revoke, uninstall', async () => {
    const { access_token, refresh_token } = (await install()).body;
    const revoked = await ask('POST', '/oauth/2026-03/token/revoke', { ...CLIENT, token: refresh_token });
    expect(revoked).toMatchObject({ status: 200, problems: [] });
    const url = '/appinstalls/2026-03/external-install';
    const gone = await ask('DELETE', url, undefined, access_token);
    expect(gone).toMatchObject({ status: 204, problems: [] });
    expect(await ask('DELETE', url, undefined, access_token)).toMatchObject({ status: 401, problems: [] });
  });

  it("refusals have OAuth's members beside HubSpot's, and no category: the description knows neither", async () => {
    const refused = await ask('POST', '/oauth/2026-03/token', { ...CLIENT, grant_type: 'refresh_token' });
    expect(refused.problems).toEqual([
      'answer.category is missing',
      'answer.status is not described',
      'answer.error is not described',
      'answer.error_description is not described',
    ]);
  });

  it('a scope that is missing, a callback that is not known', async () => {
    const { access_token } = (await install()).body;
    await harness.control('PATCH', '/settings', { unknownCallbacks: 'reject' });
    const url = '/automation/actions/callbacks/2026-03/complete';
    const body = {
      inputs: [{ callbackId: 'x', outputFields: { hs_execution_state: 'SUCCESS' }, typedOutputs: {} }],
    };
    const unknown = await ask('POST', url, body, access_token);
    expect(unknown).toMatchObject({ status: 404, problems: [] });
    await harness.control('POST', `/portals/${PORTAL}/scopes`, { scopes: ['oauth'] });
    const forbidden = await ask('POST', url, body, access_token);
    expect(forbidden).toMatchObject({ status: 403, problems: [] });
    expect(forbidden.body.errors[0].context.requiredGranularScopes).toEqual(
      hubspot.scopes({ method: 'POST', url }),
    );
  });

  it('and the check finds what is wrong', () => {
    const request = { method: 'POST', url: '/oauth/2026-03/token' };
    const answer = { status: 200, contentType: 'application/json', body: { access_token: 1 } };
    expect(hubspot.answer(request, answer)).not.toEqual([]);
    expect(() => hubspot.answer({ ...request, method: 'GET' }, answer)).toThrow('not described');
    expect(hubspot.request({ ...request, contentType: FORM, body: { grant_type: 'magic' } })).toEqual([
      'body.grant_type is none of authorization_code, client_credentials, refresh_token',
    ]);
  });
});
