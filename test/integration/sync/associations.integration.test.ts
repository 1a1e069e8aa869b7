import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startSync } from '../../../src/db/sync/changeSync.js';
import { resumeSyncs } from '../../../src/db/sync/ends.js';
import { inWorkspace } from '../../../src/db/tenant.js';
import type { GatewayRequest, Outcome } from '../../../src/hubspot/gateway/gateway.js';
import { classifyResponse } from '../../../src/hubspot/wire/classifyResponse.js';
import { associationsPass, associationsPassOf } from '../../../src/services/sync/passes/associationsPass.js';
import { runPass } from '../../../src/services/sync/passes/runPass.js';
import { runSync } from '../../../src/services/sync/syncRun.js';
import type { TestDatabase } from '../../support/database.js';
import { eachMirror, mirrorDeps, newPortal, runOptions } from '../../support/mirror.js';
import type { CrmHarness } from '../sandbox/crmHarness.js';
import { PORTAL } from '../sandbox/harness.js';
import { crmGateway } from './crmGateway.js';

const LINKS = '/crm/associations/2026-03/contacts/companies';
const PLAIN = { associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 279 };
const PRIMARY = { associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 1 };

let database: TestDatabase;
let crm: CrmHarness;
let workspaceId: string;
let asked: GatewayRequest[];
let unhandled: unknown[];
/** What comes in place of HubSpot's next answers. */
let instead: (request: GatewayRequest) => Outcome | Promise<Outcome | undefined> | undefined;

eachMirror((given) => {
  ({ database, crm } = given);
  ({ workspaceId } = given.object);
}, newPortal);
beforeEach(() => {
  asked = [];
  unhandled = [];
  instead = () => undefined;
});
afterEach(() => expect(unhandled).toEqual([]));

const PLAIN_SHOWN = { category: 'HUBSPOT_DEFINED', typeId: 279, label: null };
const sandbox = crmGateway(() => crm);
const gateway = {
  async request(request: GatewayRequest): Promise<Outcome> {
    asked.push(request);
    return (await instead(request)) ?? sandbox.request(request);
  },
};
const deps = () => mirrorDeps(database, gateway);
const options = (objectType: string) => ({
  ...runOptions({ workspaceId, portalId: PORTAL, objectType }),
  onUnhandled: (error: unknown) => unhandled.push(error),
});
const start = (objectType: string, associations?: readonly string[] | null) =>
  inWorkspace(database.pool, workspaceId, (client) =>
    startSync(client, { workspaceId, portalId: PORTAL, objectType }, { associations }),
  );
const sync = (objectType: string) => runSync(deps(), options(objectType));
const sweep = (objectType: string) => runPass(deps(), associationsPass, options(objectType));
/** Both types, from nothing. */
async function mirror(): Promise<void> {
  for (const type of ['contacts', 'companies']) await start(type);
  for (const type of ['contacts', 'companies']) await sync(type);
  for (const type of ['contacts', 'companies'])
    await expect(sweep(type)).resolves.toMatchObject({ ended: 'done' });
}

async function seed(type: string, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 100) {
    const inputs = Array.from({ length: Math.min(100, count - n) }, (_, k) => ({
      properties:
        type === 'contacts' ? { email: `person${n + k}@example.com` } : { name: `Company ${n + k}` },
      associations: [],
    }));
    const { body } = await crm.post(`${crm.objects(type)}/batch/create`, { inputs });
    ids.push(...(body.results as { id: string }[]).map(({ id }) => id));
  }
  return ids;
}
async function link(
  pairs: readonly (readonly [string, string])[],
  types: readonly object[] = [PLAIN],
): Promise<void> {
  const inputs = pairs.map(([from, to]) => ({ from: { id: from }, to: { id: to }, types }));
  const { status } = await crm.post(`${LINKS}/batch/create`, { inputs });
  expect(status).toBe(201);
}
const unlink = async (from: string, to: string) =>
  expect(
    (await crm.delete(`/crm/objects/2026-03/contacts/${from}/associations/companies/${to}`)).status,
  ).toBe(204);
const touch = (id: string) =>
  crm.patch(`${crm.objects('contacts')}/${id}`, { properties: { firstname: randomUUID() } });

async function edges() {
  const { rows } = await database.admin.query<Record<string, unknown>>(
    `SELECT portal_id::float8 AS "portalId", from_type AS "fromType", from_id::text AS "fromId", to_type AS "toType", to_id::text AS "toId",
            category, type_id AS "typeId", label FROM crm_edges WHERE removed_at IS NULL ORDER BY from_type DESC, from_id, to_id, type_id`,
  );
  return rows;
}
/** Against the truth of the sandbox, from both sides. */
async function verified(pairs = 'contacts>companies,companies>contacts') {
  const { body } = await crm.control(
    'POST',
    `/verify?pairs=${encodeURIComponent(pairs)}`,
    (await edges()).map((row) => JSON.stringify(row)).join('\n'),
  );
  const { missing, ghosts, edges: truth } = body.associations as Record<string, number>;
  return { missing, ghosts, truth };
}
async function told(where = 'true') {
  const { rows } = await database.admin.query<Record<string, unknown>>(
    `SELECT action, object_type AS type, record_id::text AS id, changed ->> 'toId' AS "toId", initial FROM crm_changes
      WHERE action IN ('Associated', 'Dissociated') AND ${where} ORDER BY generation, transaction_id, id`,
  );
  return rows;
}
async function state(objectType = 'contacts') {
  const { rows } = await database.admin.query<Record<string, unknown>>(
    `SELECT s.*, o.due_at <= now() AS is_due, o.failures_in_a_row AS failed FROM sync_states s
       JOIN sync_passes o USING (workspace_id, portal_id, object_type) WHERE s.object_type = $1 AND o.pass = 'associations'`,
    [objectType],
  );
  return rows[0]!;
}
const reads = () => asked.filter(({ resource }) => resource === 'readAssociations');

describe('the associations of all records', () => {
  test('are there once the first load is through: 1,200 of one company, labels beside primary and plain, from both sides', async () => {
    const contacts = await seed('contacts', 1300);
    const [large, small] = await seed('companies', 2);
    for (let n = 0; n < 1200; n += 600)
      await link(contacts.slice(n, n + 600).map((id) => [id, large!] as const));
    const { body } = await crm.post(`${LINKS}/labels`, { label: 'Buyer', name: 'buyer' });
    const [label] = body.results as { category: string; typeId: number }[];
    const buyer = { associationCategory: label!.category, associationTypeId: label!.typeId };
    await link([[contacts[0]!, small!]], [PRIMARY, buyer]);
    await link([[contacts[1]!, large!]], [PRIMARY]);
    await mirror();
    expect(await verified()).toEqual({ missing: 0, ghosts: 0, truth: 2 * (1200 + 3 + 1) });
    // All contacts in two calls; the company's own in three, of 500 each.
    expect(reads().map(({ params, body: sent }) => [params, (sent as { inputs: [] }).inputs.length])).toEqual(
      [
        [{ fromType: 'contacts', toType: 'companies' }, 1000],
        [{ fromType: 'contacts', toType: 'companies' }, 300],
        [{ fromType: 'companies', toType: 'contacts' }, 2],
        [{ fromType: 'companies', toType: 'contacts' }, 1],
        [{ fromType: 'companies', toType: 'contacts' }, 1],
      ],
    );
    expect((await told()).every(({ action, initial }) => action === 'Associated' && initial)).toBe(true);
    expect(await told(`record_id = ${contacts[0]}`)).toHaveLength(4);
  });

  test('that change alone are found by the next round, once, and are of no first load', async () => {
    const [ann, ben] = await seed('contacts', 2);
    const [one, two] = await seed('companies', 2);
    await link([[ann!, one!]]);
    await mirror();
    await unlink(ann!, one!);
    await link([[ben!, two!]]);
    await sweep('contacts');
    await sweep('contacts');
    const changes = await told('NOT initial');
    expect(changes).toHaveLength(2);
    expect(changes).toContainEqual({
      ...{ action: 'Dissociated', type: 'contacts', id: ann, toId: one, initial: false },
    });
    expect(changes).toContainEqual({
      ...{ action: 'Associated', type: 'contacts', id: ben, toId: two, initial: false },
    });
    await sweep('companies');
    expect(await verified()).toMatchObject({ missing: 0, ghosts: 0 });
  });

  test('are right after the round that follows, however they change while one reads', async () => {
    const contacts = await seed('contacts', 1100);
    const [one, two] = await seed('companies', 2);
    await link(contacts.slice(0, 1000).map((id) => [id, one!] as const));
    for (const type of ['contacts', 'companies']) await start(type);
    for (const type of ['contacts', 'companies']) await sync(type);
    let n = 0;
    instead = async ({ resource }) => {
      if (resource !== 'readAssociations') return undefined;
      n += 1;
      await unlink(contacts[n]!, one!);
      await unlink(contacts[999 - n]!, one!);
      await link([
        [contacts[1000 + n]!, one!],
        [contacts[500 + n]!, two!],
      ]);
      return undefined;
    };
    for (const type of ['contacts', 'companies']) await sweep(type);
    instead = () => undefined;
    for (const type of ['contacts', 'companies']) await sweep(type);
    expect(await verified()).toMatchObject({ missing: 0, ghosts: 0 });
  });

  test('are read to the end by whoever goes on where a reader has died, at each call of a round', async () => {
    const contacts = await seed('contacts', 1300);
    const companies = await seed('companies', 3);
    await link(contacts.slice(0, 1200).map((id, n) => [id, companies[n % 3]!] as const));
    for (const type of ['contacts', 'companies']) await start(type);
    for (const type of ['contacts', 'companies']) await sync(type);
    for (let dies = 1; dies <= 3; dies += 1) {
      let n = 0;
      instead = ({ resource }) => {
        if (resource !== 'readAssociations' || (n += 1) !== dies) return undefined;
        return { kind: 'unavailable', reason: 'network', message: 'away', effect: 'none' };
      };
      for (const type of ['contacts', 'companies']) await sweep(type);
    }
    instead = () => undefined;
    for (const type of ['contacts', 'companies']) await sweep(type);
    expect(await verified()).toEqual({ missing: 0, ghosts: 0, truth: 2400 });
    expect(await told()).toHaveLength(2400);
  });

  test('with a type that is mirrored later are read as soon as it is', async () => {
    const [ann] = await seed('contacts', 1);
    const [one] = await seed('companies', 1);
    await link([[ann!, one!]]);
    await start('contacts');
    await sync('contacts');
    await sweep('contacts');
    expect([reads().length, (await state()).is_due]).toEqual([0, false]);
    await start('companies');
    expect((await state()).is_due).toBe(true);
    await sweep('contacts');
    expect(await verified('contacts>companies')).toEqual({ missing: 0, ghosts: 0, truth: 1 });
    expect(await state()).toMatchObject({ associations_behind_since: null });
  });

  test('are those with the types that were chosen, and those that were left out since are removed', async () => {
    const [ann, ben] = await seed('contacts', 2);
    const [one] = await seed('companies', 1);
    await link([[ann!, one!]]);
    const { status } = await crm.post('/crm/associations/2026-03/contacts/contacts/batch/create', {
      inputs: [{ from: { id: ann }, to: { id: ben }, types: [{ ...PLAIN, associationTypeId: 449 }] }],
    });
    expect(status).toBe(201);
    await mirror();
    expect(await edges()).toMatchObject([{ toType: 'companies' }, { toType: 'contacts' }]);
    await start('contacts', ['contacts']);
    await sweep('contacts');
    expect(await verified('contacts>contacts')).toEqual({ missing: 0, ghosts: 0, truth: 2 });
    expect(await verified('contacts>companies')).toEqual({ missing: 1, ghosts: 0, truth: 1 });
    await start('contacts', null);
    await sweep('contacts');
    expect(await verified('contacts>companies')).toEqual({ missing: 0, ghosts: 0, truth: 1 });
    expect(await verified('contacts>contacts')).toEqual({ missing: 2, ghosts: 0, truth: 2 });
  });
});

describe('the associations of a record that changed', () => {
  test('are brought with it, in the transaction of its page', async () => {
    const [ann, ben] = await seed('contacts', 2);
    const [one] = await seed('companies', 1);
    await mirror();
    await link([
      [ann!, one!],
      [ben!, one!],
    ]);
    await touch(ann!);
    await sync('contacts');
    expect(await told()).toEqual([
      { action: 'Associated', type: 'contacts', id: ann, toId: one, initial: false },
    ]);
    const { rows } = await database.admin.query<{ action: string; transaction: string }>(
      `SELECT action, transaction_id::text AS transaction FROM crm_changes WHERE record_id = $1 AND NOT initial ORDER BY id`,
      [ann],
    );
    expect(rows.map(({ action }) => action)).toEqual(['Updated', 'Associated']);
    expect(rows[0]?.transaction).toBe(rows[1]?.transaction);
  });

  test('keep no record waiting where HubSpot does not show them: the pass brings them soon', async () => {
    const [ann] = await seed('contacts', 1);
    const [one] = await seed('companies', 1);
    await mirror();
    await link([[ann!, one!]]);
    await touch(ann!);
    instead = ({ resource }) =>
      resource === 'readAssociations'
        ? { kind: 'throttled', policy: 'DAILY', retryAfterMs: 3_600_000, message: 'no more today' }
        : undefined;
    await expect(sync('contacts')).resolves.toMatchObject({ ended: 'done', changed: 1 });
    expect(await state()).toMatchObject({ is_due: true, failures_in_a_row: 0 });
    expect((await state()).associations_behind_since).not.toBeNull();
    instead = () => undefined;
    await database.admin.query(
      `UPDATE sync_states SET associations_behind_since = associations_behind_since - interval '5 seconds'`,
    );
    await sweep('contacts');
    expect(await verified('contacts>companies')).toEqual({ missing: 0, ghosts: 0, truth: 1 });
    expect(await state()).toMatchObject({ is_due: false, associations_behind_since: null });
  });
});

describe("HubSpot's word on associations", () => {
  let ann: string;
  let one: string;
  beforeEach(async () => {
    [ann] = (await seed('contacts', 3)) as [string, ...string[]];
    [one] = (await seed('companies', 1)) as [string, ...string[]];
    await link([[ann, one]]);
    await mirror();
    asked = [];
  });
  const answering = (body: object, status = 207) => {
    instead = ({ resource }) =>
      resource === 'readAssociations'
        ? classifyResponse(status, {}, JSON.stringify(body), { nowMs: 0, timeZone: 'UTC' })
        : undefined;
  };

  test('that a scope is missing pauses the associations with that type alone, and says which, until it is granted', async () => {
    instead = ({ resource }) =>
      resource === 'readAssociations'
        ? { kind: 'forbidden', status: 403, message: 'no', missingScopes: ['crm.objects.companies.read'] }
        : undefined;
    await expect(sweep('contacts')).resolves.toMatchObject({ ended: 'done' });
    expect(await state()).toMatchObject({
      paused_at: null,
      associations_refused: { companies: { reason: expect.stringContaining('crm.objects.companies.read') } },
    });
    await touch(ann);
    await expect(sync('contacts')).resolves.toMatchObject({ ended: 'done', changed: 1 });
    expect(reads()).toHaveLength(1);
    expect(await edges()).toHaveLength(2);
    instead = () => undefined;
    await resumeSyncs(database.pool, { workspaceId, portalId: PORTAL });
    expect(await state()).toMatchObject({ associations_refused: {}, is_due: true });
    await sweep('contacts');
    expect(reads().length).toBeGreaterThan(1);
  });

  test('that some rows failed is no word on them: what is stored of those stays, asked a second time', async () => {
    const failed = { category: 'INTERNAL_ERROR', message: 'x', context: { fromObjectId: [ann] } };
    const none = (id: string) => ({
      ...{ category: 'OBJECT_NOT_FOUND', subCategory: 'crm.associations.NO_ASSOCIATIONS_FOUND' },
      ...{ message: 'none', context: { fromObjectId: [id] } },
    });
    instead = ({ resource, body }) => {
      if (resource !== 'readAssociations') return undefined;
      const ids = (body as { inputs: { id: string }[] }).inputs.map(({ id }) => id);
      const errors = ids.map((id) => (id === ann ? failed : none(id)));
      const answer = { status: 'COMPLETE', results: [], numErrors: errors.length, errors };
      return classifyResponse(207, {}, JSON.stringify(answer), { nowMs: 0, timeZone: 'UTC' });
    };
    await expect(sweep('contacts')).resolves.toMatchObject({ ended: 'done' });
    expect(reads().map(({ body }) => (body as { inputs: [] }).inputs.length)).toEqual([3, 1]);
    expect(await edges()).toHaveLength(2);
  });

  test('that fails about nobody, or is not understood, changes nothing and is asked again later', async () => {
    for (const body of [
      { results: [], errors: [{ category: 'INTERNAL_ERROR', message: 'x' }] },
      { results: [{ from: { id: ann }, to: [{ toObjectId: 'x' }] }] },
      { something: 'else' },
    ]) {
      answering(body);
      await expect(sweep('contacts')).resolves.toMatchObject({ ended: 'failed' });
      expect(await edges()).toHaveLength(2);
    }
    answering({ results: [], errors: [] });
    await expect(sweep('contacts')).resolves.toMatchObject({ ended: 'failed' });
  });

  test('that names no error and not the record is believed when it says so twice: there are none', async () => {
    answering({ status: 'COMPLETE', results: [] }, 200);
    await expect(sweep('contacts')).resolves.toMatchObject({ ended: 'done', changed: 1 });
    expect(reads()).toHaveLength(2);
    expect(await edges()).toMatchObject([{ fromType: 'companies' }]);
  });

  test('of a next page that leads back ends with a reason, instead of being read for ever', async () => {
    instead = ({ resource, body }) => {
      if (resource !== 'readAssociations') return undefined;
      const results = (body as { inputs: { id: string }[] }).inputs.map(({ id }) => ({
        ...{ from: { id }, to: [], paging: { next: { after: '7' } } },
      }));
      return classifyResponse(200, {}, JSON.stringify({ results }), { nowMs: 0, timeZone: 'UTC' });
    };
    await expect(sweep('contacts')).resolves.toMatchObject({ ended: 'failed' });
    expect(reads().length).toBeLessThan(5);
    expect(await edges()).toHaveLength(2);
  });

  test('that is larger than an answer may be is asked for in halves', async () => {
    instead = ({ resource, body }) =>
      resource === 'readAssociations' && (body as { inputs: [] }).inputs.length > 1
        ? { kind: 'unknown', reason: 'too_large', message: 'too large' }
        : undefined;
    await expect(sweep('contacts')).resolves.toMatchObject({ ended: 'done' });
    expect(await verified()).toMatchObject({ missing: 0, ghosts: 0 });
  });
});

describe('pages of associations that go round in a circle', () => {
  test('end, however many they are, and are asked again later', async () => {
    const [contact] = await seed('contacts', 1);
    const [company] = await seed('companies', 1);
    for (const type of ['contacts', 'companies']) await start(type);
    for (const type of ['contacts', 'companies']) await sync(type);
    let calls = 0;
    instead = ({ resource }) => {
      if (resource !== 'readAssociations') return undefined;
      calls += 1;
      const paging = { next: { after: calls % 2 === 0 ? 'a' : 'b' } };
      const to = [{ toObjectId: Number(company), associationTypes: [PLAIN_SHOWN] }];
      if (calls > 100) throw new Error('It is asked for ever');
      return { kind: 'ok', status: 200, body: { results: [{ from: { id: contact }, to, paging }] } };
    };
    await expect(sweep('contacts')).resolves.toMatchObject({ ended: 'failed' });
    expect(calls).toBeLessThan(10);
  });
});

describe('the associations of a record that has very many', () => {
  /** So many at a time. */
  const MOST = 10_000;
  const MANY = 60_000;
  const first = '9000000000';
  const PAGE = 500;
  /** Which of them HubSpot has, by their numbers. */
  let has: (n: number) => boolean;
  /** HubSpot's answer for one company, which has so many contacts that the sandbox would take minutes to make them. */
  function show(id: string, many = MANY): void {
    instead = ({ resource, params, body }) => {
      if (resource !== 'readAssociations' || (params as { toType: string }).toType !== 'contacts') return;
      const [input] = (body as { inputs: { id: string; after?: string }[] }).inputs.filter(
        (one) => one.id === id,
      );
      if (!input) return;
      const from = Number(input.after ?? 0);
      const to = Array.from({ length: Math.min(PAGE, many - from) }, (_, k) => from + k)
        .filter((n) => has(n))
        .map((n) => ({
          toObjectId: String(BigInt(first) + BigInt(n)),
          associationTypes: [{ category: 'HUBSPOT_DEFINED', typeId: 280, label: null }],
        }));
      const paging = from + PAGE < many ? { paging: { next: { after: String(from + PAGE) } } } : {};
      return {
        ...{ kind: 'ok', status: 200, answeredAtMs: undefined },
        body: { status: 'COMPLETE', results: [{ from: { id }, to, ...paging }] },
      } as unknown as Outcome;
    };
  }
  const stored = async () => {
    const { rows } = await database.admin.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM crm_edges WHERE from_type = 'companies' AND removed_at IS NULL`,
    );
    return rows[0]!.n;
  };
  /** The largest of the transactions that told of them, and how many were told. */
  const transactions = async (action: string) => {
    const { rows } = await database.admin.query<{ most: number; told: number; once: number }>(
      `SELECT max(n)::int AS most, sum(n)::int AS told, (SELECT count(DISTINCT changed)::int FROM crm_changes WHERE action = $1) AS once
         FROM (SELECT count(*) AS n FROM crm_changes WHERE action = $1 GROUP BY transaction_id) t`,
      [action],
    );
    return rows[0]!;
  };
  const round = (most = MOST, untilMs = Infinity) =>
    runPass(deps(), associationsPassOf(most), { ...options('companies'), untilMs });

  test('are read and written in parts, each in a transaction of its own, and end in parts', async () => {
    const [id] = (await seed('companies', 3)) as [string, string, string];
    for (const type of ['contacts', 'companies']) await start(type);
    for (const type of ['contacts', 'companies']) await sync(type);
    has = () => true;
    show(id);
    expect(await round()).toMatchObject({ ended: 'done', seen: 3, changed: MANY });
    expect(await stored()).toBe(MANY);
    const made = await transactions('Associated');
    expect(made).toMatchObject({ told: MANY, once: MANY });
    expect(made.most).toBeLessThan(MOST + PAGE);

    // What is so still is told to nobody, and what is not any more, in parts too.
    has = (n) => n % 3 !== 0;
    expect(await round()).toMatchObject({ ended: 'done', changed: MANY / 3 });
    expect(await stored()).toBe((MANY * 2) / 3);
    const ended = await transactions('Dissociated');
    expect(ended).toMatchObject({ told: MANY / 3, once: MANY / 3 });
    expect(ended.most).toBeLessThanOrEqual(MOST);
    expect(await transactions('Associated')).toMatchObject({ told: MANY });
  });

  test('go on from their last part where a turn has ended, and are told once', async () => {
    const [id] = (await seed('companies', 2)) as [string, string];
    for (const type of ['contacts', 'companies']) await start(type);
    for (const type of ['contacts', 'companies']) await sync(type);
    has = () => true;
    const [many, most] = [15_000, 1000];
    show(id, many);
    let turns = 0;
    // The time of each turn is over when it begins: it makes one step.
    for (let ended = 'more'; ended === 'more'; turns += 1) {
      asked = [];
      ({ ended } = await round(most, performance.now()));
      // No more than a part, and the page that shows that there is more.
      expect(asked.filter(({ resource }) => resource === 'readAssociations').length).toBeLessThan(
        (2 * most) / PAGE + 5,
      );
    }
    expect(turns).toBeGreaterThan(10);
    expect(await stored()).toBe(many);
    expect(await transactions('Associated')).toMatchObject({ told: many, once: many });
  });
});
