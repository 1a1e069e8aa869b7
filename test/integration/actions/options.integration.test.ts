import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { signV2 } from '../../../sandbox/throttle/signatures.js';
import { notTakenHere } from '../../../src/api/http/notTakenHere.js';
import {
  defineAction,
  field,
  type OptionsPage,
  type OptionsQuery,
} from '../../../src/sdk/actions/actions.js';
import { z } from '../../../src/sdk/sluice.js';
import { expectDescribed } from '../../support/described.js';
import { seedLane, WORKSPACE } from '../../support/throttle.js';
import { until } from '../../support/until.js';
import { startApi, type ApiHarness } from '../http/harness.js';

const PORTAL = 7101;
const labels = { en: { actionName: 'Test' } };

/** What the function of `model` does in the test at hand. */
let models: (query: OptionsQuery) => OptionsPage | Promise<OptionsPage>;
const pick = defineAction({
  ...{ name: 'pick', version: 1, labels, output: z.object({}) },
  input: z.object({
    model: field.select({ options: (query) => models(query) }),
    size: field.select({ options: [{ label: 'Big', value: 'big' }] }).optional(),
    note: z.string().optional(),
  }),
  run: () => ({}),
});

/** What HubSpot asks when somebody opens a drop-down. */
describe('the options of a field', () => {
  let api: ApiHarness;
  const asked: OptionsQuery[] = [];

  beforeAll(async () => {
    api = await startApi({}, {}, undefined, undefined, undefined, { actions: [pick] });
    await seedLane(api.database.admin, { portalId: PORTAL, limit: 1, intervalMs: 1000 });
  }, 60_000);
  afterAll(() => api.close());
  beforeEach(() => {
    asked.length = 0;
    models = (query) => {
      asked.push(query);
      return { options: [{ label: 'One', value: '1' }], searchable: true };
    };
  });

  let questions = 0;
  /** A question that nobody has asked before, unless `q` says what. */
  async function ask(
    path = '/api/hubspot/actions/pick/options/model',
    {
      q = `q${(questions += 1)}`,
      after,
      inputs = {},
      portalId = PORTAL,
      secret = 'secret',
    }: { q?: string; after?: string; inputs?: object; portalId?: number; secret?: string } = {},
  ) {
    const url = api.url + path;
    const body = JSON.stringify({
      ...{ origin: { portalId, actionDefinitionId: 1 }, objectTypeId: '0-1', inputFields: inputs },
      fetchOptions: { q, after },
    });
    const headers = {
      'x-hubspot-signature': signV2(secret, 'POST', url, body),
      'x-hubspot-signature-version': 'v2',
    };
    const response = await fetch(url, { method: 'POST', headers, body });
    const text = await response.text();
    const contentType = response.headers.get('content-type');
    expectDescribed({ method: 'POST', url, status: response.status, contentType, text });
    return { status: response.status, body: JSON.parse(text) as OptionsPage & { message?: string } };
  }

  it('are what its function gives for what was typed, the page, and the fields that are filled in', async () => {
    const inputs = {
      note: { type: 'STATIC_VALUE', value: 'x' },
      size: { type: 'OBJECT_PROPERTY', propertyName: 'size' },
    };
    const answer = await ask(undefined, { q: 'bi', after: '10', inputs });
    expect(answer).toEqual({
      status: 200,
      body: { options: [{ label: 'One', value: '1' }], searchable: true },
    });
    expect(asked).toMatchObject([{ portalId: PORTAL, query: 'bi', after: '10', inputs: { note: 'x' } }]);
    expect(asked[0]).not.toHaveProperty('workspaceId');
  });

  it('are not asked for again within the minute, but for what was asked otherwise', async () => {
    await ask(undefined, { q: 'same' });
    await ask(undefined, { q: 'same' });
    expect(asked).toHaveLength(1);
    await ask(undefined, { q: 'same', inputs: { note: { type: 'STATIC_VALUE', value: 'x' } } });
    await ask(undefined, { q: 'same', after: '2' });
    await ask(undefined, { q: 'other' });
    expect(asked).toHaveLength(4);
  });

  it('are asked for once by those who ask at the same time', async () => {
    let give: (page: OptionsPage) => void = () => undefined;
    models = (query) => {
      asked.push(query);
      return new Promise((resolve) => (give = resolve));
    };
    const both = [ask(undefined, { q: 'at once' }), ask(undefined, { q: 'at once' })];
    // Both have arrived when one that came after them has been answered.
    await ask('/api/hubspot/actions/pick/options/size');
    await until('the function is asked', () => asked.length > 0, 1000, 5);
    give({ options: [] });
    expect((await Promise.all(both)).map(({ status }) => status)).toEqual([200, 200]);
    expect(asked).toHaveLength(1);
  });

  it('are refused within two seconds where the function hangs, which is told by its signal', async () => {
    models = (query) => {
      asked.push(query);
      return new Promise(() => undefined);
    };
    const from = performance.now();
    const answer = await ask();
    expect(performance.now() - from).toBeLessThan(2000);
    expect(answer).toEqual({ status: 503, body: { message: 'Its options took longer than 1700 ms' } });
    expect(asked[0]?.signal.aborted).toBe(true);
  });

  it.each<[string, () => never]>([
    [
      'throws',
      () => {
        throw new Error('what was typed');
      },
    ],
    ['gives what is no page', () => [{ label: 'One' }] as never],
    ['gives an option without a value', () => ({ options: [{ label: 'One' }] }) as never],
  ])(
    'are refused, without a word of it, where the function %s; the next question asks again',
    async (_, give) => {
      models = give;
      const refused = await ask(undefined, { q: String(_) });
      expect(refused).toEqual({
        status: 503,
        body: { message: 'The options of model cannot be fetched now' },
      });
      models = () => ({ options: [] });
      expect((await ask(undefined, { q: String(_) })).status).toBe(200);
    },
  );

  it('are a list where the definition has one by now', async () => {
    expect((await ask('/api/hubspot/actions/pick/options/size')).body).toEqual({
      options: [{ label: 'Big', value: 'big' }],
    });
  });

  it.each([
    ['of an action that is not there', '/api/hubspot/actions/nothing/options/model', PORTAL],
    ['of a field that has none', '/api/hubspot/actions/pick/options/note', PORTAL],
    ['for a portal that is not installed', '/api/hubspot/actions/pick/options/model', 7199],
  ])('are answered 503 %s: it may come with the next deploy', async (_, path, portalId) => {
    expect(await ask(path, { portalId })).toMatchObject({ status: 503 });
    expect(asked).toEqual([]);
  });

  it('are refused to who does not sign as HubSpot does', async () => {
    expect((await ask(undefined, { secret: 'another' })).status).toBe(401);
    expect(asked).toEqual([]);
  });

  describe("of the throttle's queue", () => {
    const path = '/api/hubspot/action/options/queue';
    const values = ({ body }: { body: OptionsPage }) => body.options.map(({ value }) => value);
    beforeAll(async () => {
      await api.database.admin.query(
        `INSERT INTO lanes (workspace_id, portal_id, key, queue, rate_limit, rate_interval_ms, rate_source)
         SELECT $1, $2, 'queue:partner ' || lpad(n::text, 2, '0'), 'Partner ' || lpad(n::text, 2, '0'), 1, 1000, 'lane'
           FROM generate_series(0, 59) n`,
        [WORKSPACE, PORTAL],
      );
    });

    it('are the queues of the portal, by name and in pages', async () => {
      const first = await ask(path, { q: '' });
      expect([first.status, first.body.options.length, first.body.searchable]).toEqual([200, 50, true]);
      const second = await ask(path, { q: '', after: String(first.body.after) });
      expect([...values(first), ...values(second)]).toEqual(
        Array.from({ length: 60 }, (_, n) => `Partner ${String(n).padStart(2, '0')}`),
      );
      expect(second.body).not.toHaveProperty('after');
    });

    it('have what was typed among them, first, once, and as it is written where there is such a queue', async () => {
      const none = await ask(path, { q: 'A new one' });
      expect(none.body.options).toEqual([
        { label: 'A new one', value: 'A new one', description: 'No record has come to it yet' },
      ]);
      expect(values(await ask(path, { q: 'PARTNER 07' }))).toEqual(['Partner 07']);
      expect(values(await ask(path, { q: 'partner 1' }))).toEqual([
        'partner 1',
        ...Array.from({ length: 10 }, (_, n) => `Partner 1${n}`),
      ]);
    });

    it('have the one that the step has, though no record has come to it yet', async () => {
      const inputs = { queue: { type: 'STATIC_VALUE', value: 'Tomorrow' } };
      expect(values(await ask(path, { q: '', inputs }))[0]).toBe('Tomorrow');
    });

    it('are not those of others', async () => {
      await seedLane(api.database.admin, { portalId: 7102, limit: 1, intervalMs: 1000 });
      expect(values(await ask(path, { q: '', portalId: 7102 }))).toEqual([]);
    });
  });

  it('come again where the intake is a process of its own, as calls of actions do', () => {
    const told: string[] = [];
    const route = (routed: string) => ({
      ...{ method: 'POST', path: routed, maxBytes: 1, signatures: ['v2'], retryAfterUnit: 'milliseconds' },
      answer: () => Promise.reject(new Error('not here')),
      answered: (result: string) => void told.push(`${routed} ${result}`),
    });
    const paths = ['/api/hubspot/actions/:name', '/api/hubspot/actions/:name/options/:field'];
    const handle = notTakenHere(paths.map(route) as never);
    const response = { writeHead: () => ({ end: () => undefined }) };
    const taken = ['actions/greet?a=1', 'actions/greet/options/size', 'actions/greet/options'].map((url) =>
      handle({ method: 'POST', url: `/api/hubspot/${url}` } as never, response as never),
    );
    expect(taken).toEqual([true, true, false]);
    expect(told).toEqual(paths.map((one) => `${one} not_taken_here`));
  });
});
