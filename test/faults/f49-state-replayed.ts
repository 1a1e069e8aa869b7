import { createApiClient, type ApiClient } from '../support/apiClient.js';
import { newApiKey, storeApiKey } from '../../src/db/workspaces/apiKeys.js';
import { forWorkspace } from '../../src/db/tenant.js';
import { inTransaction } from '../../src/db/transaction.js';
import { createWorkspace } from '../../src/db/workspaces/workspaces.js';
import { Browser } from '../integration/portals/harness.js';
import type { Stack } from '../support/stack.js';
import { untilCompleted, verdictOf, type Fault } from './fault.js';
import { tokenProblems } from './installed.js';

const RATE = { limit: 50, intervalMs: 1000 };
const COUNT = 100;
const AT_ONCE = 10;
const [OURS, THEIRS, NEITHER] = [64_000_001, 64_000_002, 64_000_003];

export const stateReplayed: Fault = {
  id: 'F49',
  title: 'the end of an install is replayed, brought by another browser, and planted from another workspace',
  async run({ stack: createStack }) {
    const stack = await createStack();
    const theirs = await otherWorkspace(stack);
    for (const portalId of [OURS, THEIRS, NEITHER]) await stack.sandbox.createPortal(portalId);
    const problems: string[] = [];
    let refused = 0;
    /** Nothing of it may be stored, and HubSpot not be asked for a token. */
    const refuses = async (what: string, attempt: () => Promise<number>, { asks = 0 } = {}) => {
      const before = await standing(stack);
      const status = await attempt();
      const after = await standing(stack);
      if (status >= 400 && status < 500) refused += 1;
      else problems.push(`${what} was answered ${status}`);
      if (after.portals !== before.portals) problems.push(`${what} changed what is stored`);
      if (after.asked - before.asked > asks)
        problems.push(`${what} had HubSpot asked for ${after.asked - before.asked} tokens`);
    };

    // The same end ten times at once: one of them is the install.
    const browser = new Browser();
    const ours = await clicked(stack, stack.api, browser, OURS);
    const ends = await Promise.all(Array.from({ length: AT_ONCE }, () => end(browser, ours)));
    const installed = ends.filter((status) => status === 200).length;
    const { asked } = await standing(stack);
    if (installed !== 1 || asked !== 1)
      problems.push(`${installed} of ${AT_ONCE} equal callbacks installed, with ${asked} exchanges`);
    refused += AT_ONCE - installed;

    await refuses('A replay in the same browser', () => end(browser, ours));
    await refuses('A replay in another browser', () => end(new Browser(), ours));

    const attacker = new Browser();
    const planted = await clicked(stack, theirs, attacker, THEIRS);
    const victim = new Browser();
    const mine = await clicked(stack, stack.api, victim, NEITHER);
    await refuses('The state of another workspace, in our browser', () => end(victim, planted));
    const mixed = new URL(mine);
    mixed.searchParams.set('code', new URL(planted).searchParams.get('code') ?? '');
    await refuses('Our state with the code of another workspace', () => end(victim, mixed.href), { asks: 1 });
    const forged = new URL(mine);
    forged.searchParams.set('state', 'A'.repeat(43));
    await refuses('A state that nobody made', () => end(victim, forged.href));

    const flow = await stack.addFlow(OURS, { steps: [{ rate: RATE }] });
    await stack.sandbox.enrol(OURS, flow.workflowId, { count: COUNT });
    await untilCompleted(stack, flow, COUNT, 60_000);
    problems.push(...(await tokenProblems(stack, OURS)));
    return verdictOf(stack, { windows: [{ flow, ...RATE }] }, { problems, figures: [['refused', refused]] });
  },
};

async function otherWorkspace(stack: Stack): Promise<ApiClient> {
  const workspaceId = await inTransaction(stack.pool, (client) => createWorkspace(client, 'theirs'));
  const key = newApiKey('test');
  await storeApiKey(forWorkspace(stack.pool, workspaceId), {
    workspaceId,
    name: 'theirs',
    key,
    scopes: ['admin'],
    createdBy: 'test',
  });
  return createApiClient(() => stack.apis[0]!.url, key.reveal());
}

/** Where HubSpot sends the browser after the click on Allow. */
async function clicked(stack: Stack, api: ApiClient, browser: Browser, portalId: number): Promise<string> {
  const { url } = await api.must<{ url: string }>('POST', '/api/integrations/hubspot/links', {});
  const opened = await browser.begin(url);
  return (await stack.sandbox.authorize(portalId, opened.location ?? '')).location;
}

async function end(browser: Browser, location: string): Promise<number> {
  return (await browser.get(location, { accept: 'application/json' })).status;
}

async function standing(stack: Stack): Promise<{ portals: string; asked: number }> {
  const { rows } = await stack.pool.query<{ portals: string }>(
    `SELECT coalesce(string_agg(portal_id || '/' || workspace_id || '/' || token_version || '/' || epoch || '/' || access_token,
                                ' ' ORDER BY portal_id), '') AS portals FROM portals`,
  );
  const { tokenCalls } = await stack.sandbox.oauthReport();
  return { portals: rows[0]?.portals ?? '', asked: tokenCalls.byGrant.authorization_code };
}
