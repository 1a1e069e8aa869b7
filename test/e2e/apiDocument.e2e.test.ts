import { hash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { signV2 } from '../../sandbox/throttle/signatures.js';
import { Browser } from '../integration/portals/harness.js';
import { callAction } from '../support/actionCall.js';
import { fencedBlocks, type FencedBlock } from '../support/fencedBlocks.js';
import { differences, readMessages, type ShownMessage } from '../support/shownJson.js';
import { startStack, type Stack } from '../support/stack.js';
import { until } from '../support/until.js';

/*
 * docs/api.md, asked as it stands: each body is sent, in the order of the page, and each answer has the fields that
 * are shown. The ids of the page are made here first; what only this service knows is in `SENT`.
 */

const PAGE = 'docs/api.md';
const [PORTAL, BY_TOKEN, BY_INSTALL] = [41_000_002, 41_000_009, 62_515];
const CLAIMED = 41_000_019;
/** The contact that the page shows, by the id that the sandbox gives the first one. */
const RECORD = '541935000001';
const API = '/api/integrations/hubspot';

const ASSOCIATE = 'PUT /api/objects/:objectType/:recordId/associations/:toType/:toId';

let stack: Stack;
/** Ids that routes of the page ask for, by the collection in their path. */
const ids: Record<string, string> = {};
/** What is sent in place of what the page shows. */
const SENT: Record<string, () => Promise<string>> = {
  'pat-…': async () => {
    await stack.sandbox.createPortal(BY_TOKEN);
    return (await stack.sandbox.install(BY_TOKEN)).accessToken;
  },
  'eyJwIjo2MjUxNX0.kX3…': () => claimCode(),
  '"typeId": 28': async () => `"typeId": ${await madeLabel()}`,
  // A place in the feed of this database, and a time within the days that are kept.
  '3f0c9a51d2e7.7414.52': async () => (await stack.api.must<{ next: string }>('GET', '/api/changes')).next,
  '2026-11-29T00:00:00Z': () => Promise.resolve(new Date(Date.now() - 86_400_000).toISOString()),
};

beforeAll(async () => {
  const env = { HUBSPOT_SEND_LIVE: 'true', INSTALL_RETURN_ORIGINS: 'https://app.example.com' };
  stack = await startStack({ env });
  await stack.connectPortal(PORTAL);
  for (const portalId of [BY_INSTALL, CLAIMED]) await stack.sandbox.createPortal(portalId);
}, 120_000);
afterAll(() => stack?.stop(), 30_000);

/** The code on the page of somebody who has begun an install at HubSpot. */
async function claimCode(): Promise<string> {
  const { origin } = new URL(stack.actionUrl());
  const redirectUri = `${origin}${API}/callback`;
  const { location } = await stack.sandbox.beginInstall(CLAIMED, redirectUri);
  const browser = new Browser();
  let page = await browser.get(location);
  while (page.location?.startsWith(origin)) page = await browser.get(page.location);
  return /Claim code<\/dt><dd><code>([^<]+)</.exec(page.text)?.[1] ?? '';
}

/** A callback of a record that went through that lane. */
const SEARCHED = `ap-${PORTAL}-2-2-99`;

/** What the page takes for granted, made before the block of this heading is asked. */
const BEFORE: Record<string, () => Promise<void>> = {
  // A line is there about a second after its request.
  'GET /api/portals/:portalId/requests': () =>
    until(
      'a request is on record',
      async () => {
        const path = `/api/portals/${PORTAL}/requests`;
        return (await stack.api.must<{ items: unknown[] }>('GET', path)).items.length > 0;
      },
      20_000,
    ).then(() => undefined),
  'GET /api/attention': async () => {
    await pauseLane({ reason: 'partner is down' });
  },
  'GET /api/status': async () => {
    await pauseLane(false);
  },
  'GET /api/search': () =>
    until(
      'the execution is found',
      async () => {
        const found = await stack.api.must<{ items: { kind: string }[] }>('GET', `/api/search?q=${SEARCHED}`);
        if (!found.items.some(({ kind }) => kind === 'execution')) throw new Error(JSON.stringify(found));
        return true;
      },
      20_000,
    ).then(() => undefined),
  'GET /api/lanes/:id': async () => {
    const { items } = await stack.api.must<{ items: { id: string; queue: string | null }[] }>(
      'GET',
      '/api/lanes',
    );
    ids.lanes = items.find(({ queue }) => queue === 'mail')!.id;
  },
  'GET /api/executions/:id': async () => {
    // The lane is paused by what the page did to it.
    for (const n of [1, 2]) await call(`ap-${PORTAL}-2-2-${n}`);
    const path = `/api/executions?laneId=${ids.lanes}&state=waiting`;
    const { items } = await stack.api.must<{ items: { id: string }[] }>('GET', path);
    ids.executions = items.at(-1)!.id;
  },
  'POST /api/executions/:id/cancel': async () => {
    await stack.api.must('POST', `/api/executions/${ids.executions}/cancel`);
    await until(
      'it is cancelled',
      async () =>
        (await stack.api.must<{ state: string }>('GET', `/api/executions/${ids.executions}`)).state ===
        'cancelled',
      20_000,
    );
  },
  'POST /api/executions/:id/release': async () => {
    const path = `/api/executions?laneId=${ids.lanes}&state=waiting`;
    const { items } = await stack.api.must<{ items: { id: string }[] }>('GET', path);
    ids.executions = items.at(-1)!.id;
  },
  'GET /api/notices': () =>
    until(
      'the disconnect is told',
      async () => {
        const { items } = await stack.api.must<{ items: { kind: string }[] }>('GET', '/api/notices');
        return items.some(({ kind }) => kind === 'portal.disconnected');
      },
      20_000,
    ).then(() => undefined),
  // A webhook has what it has taken; that of the page was one until here.
  'POST /api/consumers/:name/acknowledge': async () => {
    await stack.api.must('PUT', '/api/consumers/warehouse', { sink: 'pull' });
  },
  'GET /api/consumers/:name/dead-letters': async () => {
    await stack.pool.query(
      `INSERT INTO crm_dead_changes (workspace_id, consumer_id, generation, transaction_id, change_id, portal_id, object_type, record_id,
                                     status, recorded_at)
       SELECT f.workspace_id, c.id, f.generation, f.transaction_id, f.id, f.portal_id, f.object_type, f.record_id, 422, f.recorded_at
         FROM crm_consumers c, crm_changes f WHERE c.name = 'warehouse' AND f.portal_id = $1 ORDER BY f.transaction_id, f.id LIMIT 1`,
      [PORTAL],
    );
  },
  'GET /api/sync': () =>
    until(
      'the contacts are mirrored',
      async () => {
        const { state, freshUntil } = await stack.api.must<{ state: string; freshUntil: string | null }>(
          'GET',
          `/api/sync/${PORTAL}/contacts`,
        );
        return state === 'following' && freshUntil !== null;
      },
      30_000,
    ).then(() => undefined),
  'GET /api/sync/:portalId/:objectType/properties': () =>
    until(
      'the definitions are read',
      async () =>
        (await stack.api.must<{ items: unknown[] }>('GET', `/api/sync/${PORTAL}/contacts/properties`)).items
          .length > 0,
      60_000,
    ).then(() => undefined),
  'GET /api/owners': () => hasNames(`/api/owners?portalId=${PORTAL}`),
  'GET /api/pipelines/:objectType': async () => {
    await stack.api.must('POST', `/api/sync/${PORTAL}/deals`, { action: 'start' });
    await hasNames(`/api/pipelines/deals?portalId=${PORTAL}`);
  },
  // It shows what is older than every transaction that runs.
  'GET /api/changes': () =>
    until(
      'the first load is told',
      async () => (await stack.api.must<{ items: unknown[] }>('GET', '/api/changes')).items.length > 0,
      20_000,
    ).then(() => undefined),
  'GET /api/webhooks/types': async () => {
    await stack.pool.query(
      `UPDATE sync_states SET seen_first = '{"webhook": 50100, "search": 12}', seen_again = '{"webhook": 9}', missed = 3
        WHERE portal_id = $1 AND object_type = 'contacts'`,
      [PORTAL],
    );
  },
  'GET /api/webhooks/unread': async () => {
    await stack.pool.query(
      `INSERT INTO webhook_reads (workspace_id, portal_id, object_type, record_id, associations, erases, due_at, tries,
                                  error_class, last_error, ended_at)
       SELECT workspace_id, portal_id, object_type, 51, false, false, NULL, 6, 'refused', 'HubSpot refuses it', now()
         FROM sync_states WHERE portal_id = $1 AND object_type = 'contacts'`,
      [PORTAL],
    );
  },
  [ASSOCIATE]: async () => {
    const made = await atHubSpot('/crm/objects/2026-03/companies', {
      properties: { name: 'Analytical Engines' },
    });
    ids.companies = (made as { id: string }).id;
  },
  'GET /api/events/:id': async () => {
    const payload = { driverId: 'd-7', email: 'ann@example.com', redemptionId: 'r-1' };
    const { id } = await stack.api.must<{ id: string }>('POST', '/api/events', {
      type: 'first_redemption_completed',
      payload,
      portalId: PORTAL,
    });
    ids.events = id;
    await until(
      'it is processed',
      async () => (await stack.api.must<{ state: string }>('GET', `/api/events/${id}`)).state === 'processed',
      30_000,
    );
  },
};

/** What is made at HubSpot by somebody else. */
async function atHubSpot(path: string, body: object): Promise<unknown> {
  const answer = await fetch(stack.sandboxProcess.url + path, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${stack.secrets.tokens.get(PORTAL)}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`The sandbox answers ${answer.status} to ${path}`);
  return answer.json();
}

async function madeLabel(): Promise<number> {
  const label = { label: 'Decision maker', name: 'decision_maker' };
  const made = await atHubSpot('/crm/associations/2026-03/contacts/companies/labels', label);
  const [first] = (made as { results: { typeId: number }[] }).results;
  return first!.typeId;
}

/** A pass reads them, within a minute of the first load. */
const hasNames = (path: string) =>
  until(
    `${path} has some`,
    async () => (await stack.api.must<{ items: unknown[] }>('GET', path)).items.length > 0,
    90_000,
  ).then(() => undefined);

/** The lane of `mail`, in which something waits; it goes on when it is resumed. */
async function pauseLane(paused: { reason: string } | false): Promise<void> {
  const lane = async () => {
    const { items } = await stack.api.must<{ items: { id: string; queue: string | null }[] }>(
      'GET',
      '/api/lanes',
    );
    return items.find(({ queue }) => queue === 'mail')?.id;
  };
  if (paused) await call(SEARCHED);
  const id = await until('the lane is there', lane, 20_000);
  await stack.api.must('PATCH', `/api/lanes/${id}`, { paused });
  // Paused after it went: another one waits.
  if (paused) await call(`ap-${PORTAL}-2-2-98`);
}

function call(callbackId: string) {
  return callAction({
    ...{ url: stack.actionUrl(), secret: stack.secrets.clientSecret, portalId: PORTAL, callbackId },
    inputFields: { queue: 'mail' },
  });
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Headings whose requests are no plain calls with a key. */
let lastCall = '';
const ASKED: Record<string, (body: string, shown: string) => Promise<Answer>> = {
  Errors: () => withKey('PATCH', '/api/lanes/1', { rate: { limit: 0, intervalMs: 1 } }),
  // Until it has the answer that is shown: an execution takes its moment.
  'POST /api/hubspot/action': async (body, shown) => {
    if (body !== '') lastCall = body;
    return until(
      'the answer that is shown',
      async () => {
        const answer = await signed(lastCall);
        const state = (one: unknown) =>
          (one as { outputFields: { hs_execution_state: string } }).outputFields.hs_execution_state;
        return shown.includes(`"${state(answer.body)}"`) && answer;
      },
      30_000,
    );
  },
  'POST /api/hubspot/actions/:name/options/:field': (body) =>
    signed(body, `${stack.actionUrl()}/options/queue`),
  'POST /api/integrations/hubspot/webhooks': (body) => {
    const signature = hash('sha256', stack.secrets.clientSecret + body, 'hex');
    return sent('POST', stack.apis[0]!.url + WEBHOOKS, body, {
      ...{ 'x-hubspot-signature-version': 'v1', 'x-hubspot-signature': signature },
    });
  },
  'GET /api/integrations/hubspot/callback': async () => {
    const { url } = await stack.api.must<{ url: string }>('POST', `${API}/links`, { portalId: BY_INSTALL });
    const browser = new Browser();
    const opened = await browser.begin(url);
    const { location } = await stack.sandbox.authorize(BY_INSTALL, opened.location ?? '');
    const { status, text } = await browser.get(location, { accept: 'application/json' });
    return { status, body: JSON.parse(text) };
  },
  'Many events at once': async (body) => {
    const response = await fetch(`${stack.apis[0]!.url}/api/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stack.secrets.apiKey}`, 'content-type': 'application/x-ndjson' },
      body,
    });
    return { status: response.status, body: await response.json() };
  },
};

const WEBHOOKS = '/api/integrations/hubspot/webhooks';

const QUERIES: Record<string, string> = {
  'GET /api/webhooks/events': `?portalId=${PORTAL}`,
  'POST /crm/register': `?portalId=${PORTAL}`,
  'GET /api/search': `?q=${SEARCHED}`,
  'GET /api/integrations/hubspot/config': `?portalId=${BY_INSTALL}`,
  'PUT /api/integrations/hubspot/config': `?portalId=${BY_INSTALL}`,
  'PATCH /api/objects/:objectType/:recordId': `?portalId=${PORTAL}`,
  'POST /api/objects/:objectType': `?portalId=${PORTAL}`,
  'POST /api/objects/:objectType/batch/upsert': `?portalId=${PORTAL}`,
  [ASSOCIATE]: `?portalId=${PORTAL}`,
  'GET /crm/objects': `?portalId=${PORTAL}`,
  'GET /objects/local': `?portalId=${PORTAL}`,
  'GET /objects/local-cursor': `?portalId=${PORTAL}`,
  'GET /api/owners': `?portalId=${PORTAL}`,
  'GET /api/pipelines/:objectType': `?portalId=${PORTAL}`,
  'PUT /api/objects/:objectType/declared/:property': `?portalId=${PORTAL}`,
  'GET /api/objects/:objectType/declared': `?portalId=${PORTAL}`,
  'GET /api/objects/:objectType': `?portalId=${PORTAL}`,
  'POST /api/integrations/hubspot/sync/contacts': `?portalId=${PORTAL}`,
  'GET /api/integrations/hubspot/sync/status': `?portalId=${PORTAL}`,
  'GET /api/stored/:objectType/:recordId': `?portalId=${PORTAL}`,
};

async function withKey(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(stack.apis[0]!.url + path, {
    method,
    headers: { authorization: `Bearer ${stack.secrets.apiKey}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

function signed(body: string, url = stack.actionUrl()): Promise<Answer> {
  const signature = signV2(stack.secrets.clientSecret, 'POST', url, body);
  return sent('POST', url, body, {
    ...{ 'x-hubspot-signature-version': 'v2', 'x-hubspot-signature': signature },
  });
}

async function sent(
  method: string,
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  return { status: response.status, body: await response.json() };
}

/** The request of a heading, with the ids that were made here. */
async function ask(heading: string, body: string, shown: string): Promise<Answer> {
  const special = ASKED[heading];
  if (special) return special(body, shown);
  const [method = '', route = ''] = heading.split(' ');
  const path = route
    .replace(':portalId', String(PORTAL))
    .replace('/pipelines/:objectType', '/pipelines/deals')
    .replace(':objectType', 'contacts')
    .replace(':pass', 'audit')
    .replace(':property', 'city')
    .replace(':recordId', RECORD)
    .replace(':toType/:toId', `companies/${ids.companies}`)
    .replace(':name', 'warehouse')
    .replace(/\/(\w+)\/:id/, (_, collection: string) => `/${collection}/${ids[collection]}`);
  return withKey(method, path + (QUERIES[heading] ?? ''), body === '' ? undefined : JSON.parse(body));
}

const headingOf = (block: FencedBlock) => block.heading.replaceAll('`', '');

/** The bodies of a block, each as it is sent. */
async function bodiesOf(messages: readonly ShownMessage[], heading: string): Promise<string[]> {
  const texts = messages.filter(({ status }) => status === undefined).map(({ text }) => text);
  const bodies = heading === 'Many events at once' ? [texts.map((text) => `${text}\n`).join('')] : texts;
  const own: string[] = [];
  for (let body of bodies.length === 0 ? [''] : bodies) {
    for (const [shown, make] of Object.entries(SENT))
      if (body.includes(shown)) body = body.replace(shown, await make());
    own.push(body);
  }
  return own;
}

it('every request of docs/api.md is answered with the status and the fields that it shows', async () => {
  const exchanges = fencedBlocks(PAGE).filter(({ info }) => info.length === 0 || info[0] === 'json');
  expect(exchanges.length).toBeGreaterThan(30);
  const wrong: string[] = [];
  for (const block of exchanges) {
    const heading = headingOf(block);
    try {
      await BEFORE[heading]?.();
      const messages = readMessages(block.text);
      const answers =
        block.info[0] === 'json'
          ? messages.map((one) => ({ ...one, status: 200 }))
          : messages.filter(({ status }) => status !== undefined);
      const bodies = block.info[0] === 'json' ? [''] : await bodiesOf(messages, heading);
      for (const body of bodies) {
        const answer = await ask(heading, body, block.text);
        if (heading === 'POST /api/keys') ids.keys = (answer.body as { id: string }).id;
        if (answers.length === 0 && answer.status >= 300)
          wrong.push(`${block.at}: answered ${answer.status} ${JSON.stringify(answer.body)}`);
        for (const { status, shown } of answers) {
          if (status !== answer.status)
            wrong.push(
              `${block.at}: ${status} is shown, and it is ${answer.status} ${JSON.stringify(answer.body)}`,
            );
          else wrong.push(...differences(shown, answer.body).map((one) => `${block.at}: ${one}`));
        }
      }
    } catch (error) {
      wrong.push(`${block.at}: ${String(error)}`);
    }
  }
  expect(wrong).toEqual([]);
}, 300_000);
