import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import {
  createActionPackActivities,
  type ActionPackActivities,
} from '../../../src/activities/actions/actionPackActivities.js';
import {
  createActionRunActivities,
  type ActionRunActivities,
} from '../../../src/activities/actions/actionRunActivities.js';
import { keptEffects } from '../../../src/services/actions/effects.js';
import { createRunInstruments } from '../../../src/services/actions/instruments.js';
import { createActionsPortalHook } from '../../../src/activities/actions/portalHook.js';
import { createRunCompleter } from '../../../src/activities/actions/runCompleter.js';
import { createRunPlaces } from '../../../src/services/actions/runPlaces.js';
import { finishDisconnect } from '../../../src/db/portals/disconnectPortal.js';
import { createPortalResolver } from '../../../src/db/portals/portalResolver.js';
import { createDataKeys } from '../../../src/db/secrets/dataKeys.js';
import type { Gateway, Outcome } from '../../../src/hubspot/gateway/gateway.js';
import { createHideSecrets } from '../../../src/platform/hideSecrets.js';
import { createLogger } from '../../../src/platform/logger.js';
import { createMetrics } from '../../../src/platform/metrics.js';
import { Secret } from '../../../src/platform/secret.js';
import { createSecretsInUse } from '../../../src/platform/secretsInUse.js';
import { createPortalSettings } from '../../../src/services/actions/portalSettings.js';
import { ActionFailed, defineAction } from '../../../src/sdk/actions/actions.js';
import type { ActionContext, AnyAction } from '../../../src/sdk/actions/actions.js';
import { z } from '../../../src/sdk/sluice.js';
import { createSealing } from '../../../src/secrets/sealing.js';
import type { RunStart } from '../../../src/temporal/actions/starter.js';
import type { RunTried } from '../../../src/temporal/actions/contract.js';
import { callAction } from '../../support/actionCall.js';
import { seedLane, WORKSPACE } from '../../support/throttle.js';
import { createRunsSweep } from '../../../src/worker/actions/runsSweep.js';
import { until } from '../../support/until.js';
import { startApi, type ApiHarness } from '../http/harness.js';

const PORTAL = 7001;
const SECRETS = new Map([
  ['PARTNER_KEY', new Secret('a-key-of-the-partner')],
  ['OTHER_KEY', new Secret('a-key-of-another')],
]);
const labels = { en: { actionName: 'Test' } };
const input = z.object({ name: z.string(), times: z.number().int().max(3).default(1) });
const output = z.object({ greeting: z.string() });

type Handler = (context: ActionContext<z.output<typeof input>, 'PARTNER_KEY'>) => unknown;
/** What the handler of `work` does in the test at hand. */
let handler: Handler;
const work = defineAction({
  ...{ name: 'work', version: 1, input, output, labels, timeoutMs: 200, retry: { initialMs: 1 } },
  secrets: ['PARTNER_KEY'],
  run: (context) => handler(context) as { greeting: string },
});
const short = defineAction({ ...work, name: 'short', retry: { initialMs: 1, giveUpAfterMs: 1 } });
const other = defineAction({ ...work, name: 'other', timeoutMs: 60_000 });
const charge = defineAction({
  ...{ name: 'charge', version: 1, input, output, labels, timeoutMs: 200, retry: { initialMs: 1 } },
  settings: z.object({
    apiKey: z.string().startsWith('pk-').meta({ secret: true }),
    region: z.enum(['eu', 'us']).default('eu'),
    most: z.number().int().max(9).optional(),
  }),
  run: ({ settings: { apiKey, region, most } }) => charged(apiKey, region, most) as { greeting: string },
});
/** What the handler of `charge` does in the test at hand. */
let charged: (apiKey: string, region: string, most?: number) => unknown;
const actions = new Map<string, AnyAction>([
  ['charge', charge],
  ['work', work],
  ['short', short],
  ['other', other],
]);

describe('a run of an action', () => {
  let api: ApiHarness;
  let steps: ActionRunActivities & ActionPackActivities;
  /** What activities asked of Temporal. */
  const asked: string[] = [];
  let outcome: Outcome;
  const told: { callbackId: string; outputFields: Record<string, string> }[] = [];
  let calls = 0;
  /** Of what is remembered of portals' settings. */
  let nowMs = 0;
  /** What HubSpot answers to a handler. */
  let answerOf: (asked: object) => Outcome;

  beforeAll(async () => {
    api = await startApi({}, {}, undefined, undefined, undefined, { actions: [work, short, other, charge] });
    await seedLane(api.database.admin, { portalId: PORTAL, limit: 1, intervalMs: 1000 });
    const { pool } = api.database;
    const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
    const gateway = {
      request: ({ body, ...asked }: { resource: string; body: { inputs: typeof told } }) => {
        if (asked.resource !== 'completeCallbacks') return Promise.resolve(answerOf(asked));
        if (outcome.kind === 'ok') told.push(...body.inputs);
        return Promise.resolve(outcome);
      },
    } as unknown as Pick<Gateway, 'request'>;
    const sealing = createSealing(api.config.ENCRYPTION_KEYS, createDataKeys(pool));
    const hide = createHideSecrets(SECRETS.values());
    const secretsInUse = createSecretsInUse();
    const deps = {
      ...{ pool, logger, actions, places: createRunPlaces(80), config: { THROTTLE_MIN_HOLD_MS: 0 } },
      ...{ gateway, completer: createRunCompleter(gateway), effects: keptEffects(pool) },
      ...{ secrets: SECRETS, hide: (text: string) => secretsInUse.hide(hide(text)) },
      portalResolver: createPortalResolver(pool),
      sealing,
      settings: createPortalSettings({ pool, sealing }, () => nowMs),
      secretsInUse,
      metrics: createRunInstruments(createMetrics('test'), ['work', 'short', 'other']),
      temporal: {
        startRun: async ({ runId, inMs }: RunStart) =>
          void asked.push(inMs === undefined ? `start ${runId}` : `start ${runId} later`),
      },
    };
    steps = { ...createActionRunActivities(deps), ...createActionPackActivities(deps) };
  }, 60_000);
  afterAll(() => api.close());
  beforeEach(() => {
    told.length = asked.length = 0;
    outcome = { kind: 'ok', status: 204, body: undefined };
    handler = ({ input: { name, times } }) => ({ greeting: Array(times).fill(`Hello, ${name}`).join('! ') });
  });

  const call = (
    inputFields: Record<string, string> = { name: 'Ada' },
    action = 'work',
    callbackId = `c-${(calls += 1)}`,
  ) =>
    callAction({
      ...{ url: `${api.url}/api/hubspot/actions/${action}`, secret: 'secret', portalId: PORTAL },
      ...{ callbackId, inputFields },
    });
  const newest = async () => {
    const { rows } = await api.database.admin.query<Record<string, unknown> & { id: string }>(
      'SELECT * FROM action_runs ORDER BY id DESC LIMIT 1',
    );
    return rows[0]!;
  };
  /** What a round of the sweep asks of Temporal. */
  async function swept(): Promise<string[]> {
    const asked: string[] = [];
    const sweep = createRunsSweep(api.database.admin, {
      startPack: async ({ runs }) => void asked.push(`pack ${runs.map(({ runId }) => runId).join()}`),
      startRun: async ({ runId }) => void asked.push(`start ${runId}`),
      bringToEnd: async ({ runId }) => void asked.push(`end ${runId}`),
    });
    await sweep.run(new AbortController().signal);
    return asked;
  }
  const refOf = ({ id }: { id: string }) => ({ workspaceId: WORKSPACE, portalId: PORTAL, runId: id });
  const take = (step: 'tryRun' | 'completeRun', run: { id: string }): Promise<RunTried> =>
    new MockActivityEnvironment().run(steps[step], refOf(run));
  const packOf = (runIds: readonly string[], action = 'work') => ({
    ...{ workspaceId: WORKSPACE, portalId: PORTAL, action, runIds },
  });
  const runPack = (runIds: readonly string[], attempt = 1, action?: string): Promise<RunTried> =>
    new MockActivityEnvironment({ attempt }).run(steps.runPack, packOf(runIds, action));
  async function statesOf(runIds: readonly string[]): Promise<Record<string, string>> {
    const { rows } = await api.database.admin.query<{ id: string; state: string }>(
      'SELECT id::text, state FROM action_runs WHERE id = ANY ($1::bigint[])',
      [runIds],
    );
    return Object.fromEntries(rows.map(({ id, state }) => [id, state]));
  }
  /** Calls, takes all steps, and gives the run and what HubSpot was told. */
  async function through(inputFields?: Record<string, string>, action?: string) {
    const answer = await call(inputFields, action);
    let tries = 0;
    do tries += 1;
    while ((await take('tryRun', await newest())).state === 'again' && tries < 10);
    await take('completeRun', await newest());
    return { answer, tries, run: await newest(), outputs: told.at(-1)?.outputFields };
  }

  it('is committed and answered by BLOCK, started once, and a repeat changes nothing', async () => {
    const first = await call({ name: 'Ada' }, 'work', 'c-repeat');
    expect(first).toMatchObject({
      status: 200,
      outputs: { hs_execution_state: 'BLOCK', hs_expiration_duration: 'P1W' },
    });
    const run = await newest();
    expect((await call({ name: 'Ada' }, 'work', 'c-repeat')).outputs).toMatchObject({
      hs_execution_state: 'BLOCK',
      hs_expiration_duration: expect.stringMatching(/^P6DT23H59M/),
    });
    expect(await newest()).toEqual(run);
    const started = () => api.controlCalls.filter((one) => one === `run ${run.id}`);
    await until('it is started', () => Promise.resolve(started().length > 0), 5000);
    expect(started()).toHaveLength(1);
  });

  it('tells HubSpot what its handler gave, and a repeat of the call the same', async () => {
    const { run, outputs } = await through({ name: 'Ada', times: '2' });
    const expected = {
      greeting: 'Hello, Ada! Hello, Ada',
      hs_execution_state: 'SUCCESS',
      sluice_status: 'completed',
    };
    expect(outputs).toEqual(expected);
    expect(run).toMatchObject({ state: 'completed', error_code: null, attempts: 1, object_id: '1' });
    const again = await call({ name: 'Ada', times: '2' }, 'work', String(run['callback_id']));
    expect(again).toMatchObject({ status: 200, outputs: expected });
  });

  it('of a test that was called by hand ends as any other, and HubSpot is told nothing', async () => {
    await call({ name: 'Ada' }, 'work', 'sluice-test-1');
    await take('tryRun', await newest());
    await take('completeRun', await newest());
    expect(await newest()).toMatchObject({ state: 'completed', told_at: null });
    expect(told).toEqual([]);
    const { outputs } = await call({ name: 'Ada' }, 'work', 'sluice-test-1');
    expect(outputs).toMatchObject({ greeting: 'Hello, Ada', hs_execution_state: 'SUCCESS' });
  });

  it('keeps what it was called with, and what it gives, sealed', async () => {
    const { run } = await through({ name: 'Someone-nobody-may-read' });
    expect(JSON.stringify(run)).not.toContain('Someone');
    expect(run['sealed_input']).toMatch(/^v2\./);
    expect(run['sealed_result']).toMatch(/^v2\./);
  });

  it('ends at once, with the name of the field, where the fields of the step do not fit', async () => {
    for (let n = 0; n < 2; n += 1) {
      const { status, outputs } = await call({ name: 'Ada', times: 'many' }, 'work', 'c-misfit');
      expect({ status, ...outputs }).toMatchObject({
        ...{ status: 200, hs_execution_state: 'FAIL_CONTINUE', errorCode: 'invalid_input' },
        sluice_reason: expect.stringMatching(/^times /),
      });
    }
    expect(await newest()).toMatchObject({ state: 'rejected', callback_id: 'c-misfit' });
  });

  it('is answered 503 where there is no such action: HubSpot calls again', async () => {
    expect(await call({}, 'nowhere')).toMatchObject({ status: 503, retryAfter: '60000' });
  });

  it('goes on as failed with the code of ActionFailed, and is not tried again', async () => {
    handler = () => {
      throw new ActionFailed('quota', 'There is no quota left');
    };
    const { run, outputs, tries } = await through();
    expect(outputs).toMatchObject({
      hs_execution_state: 'FAIL_CONTINUE',
      errorCode: 'quota',
      sluice_reason: 'There is no quota left',
    });
    expect([run['state'], tries]).toEqual(['failed', 1]);
  });

  it('has the secrets that its definition names, and no other, and none of them is kept or told', async () => {
    handler = ({ secrets, attempt }) => {
      expect(secrets).toEqual({ PARTNER_KEY: 'a-key-of-the-partner' });
      if (attempt === 1) throw new Error(`401 for ${secrets.PARTNER_KEY}`);
      return { greeting: `With ${secrets.PARTNER_KEY}` };
    };
    await call();
    await take('tryRun', await newest());
    const shown = async () => {
      const { id } = await newest();
      return api.api.must<{ error: string }>('GET', `/api/actions/runs/${id}?data=true`);
    };
    expect((await shown()).error).toBe('Error: 401 for [secret]');
    await take('tryRun', await newest());
    await take('completeRun', await newest());
    expect(told.at(-1)?.outputFields).toMatchObject({ greeting: 'With [secret]' });
    handler = ({ secrets }) => {
      throw new ActionFailed('refused', `It does not know ${secrets.PARTNER_KEY}`);
    };
    const { outputs } = await through();
    expect(outputs?.['sluice_reason']).toBe('It does not know [secret]');
  });

  it('is not tried again where its handler gives what its schema refuses', async () => {
    handler = () => ({ greeting: 7 });
    const { outputs, tries } = await through();
    expect([outputs?.['errorCode'], tries]).toEqual(['invalid_output', 1]);
  });

  it('is tried again when its handler throws, or hangs, and does what `once` has done no second time', async () => {
    const done: string[] = [];
    const keys = new Set<string>();
    handler = async ({ once, attempt, key, signal }) => {
      keys.add(key);
      const sum = await once('charge', ({ key: own }) => {
        done.push(own);
        return 40 + attempt;
      });
      if (attempt === 1) throw new Error('the partner is away');
      if (attempt === 2) await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return { greeting: String(sum) };
    };
    const { run, outputs, tries } = await through();
    expect([outputs?.['greeting'], tries, run['doubts']]).toEqual(['41', 3, 0]);
    expect(done).toEqual([`${[...keys].join()}-charge`]);
  });

  it('counts an effect as doubtful that is done again since nobody knows whether it was done', async () => {
    handler = async ({ once, attempt }) => {
      await once('mail', () => {
        if (attempt === 1) throw new Error('the connection broke');
      });
      return { greeting: 'sent' };
    };
    expect((await through()).run).toMatchObject({ state: 'completed', attempts: 2, doubts: 1 });
  });

  it('reads records of its own portal through the gateway, and is told what HubSpot refuses', async () => {
    const asked: object[] = [];
    answerOf = (request) => {
      asked.push(request);
      return asked.length === 1
        ? { kind: 'ok', status: 200, body: { id: '1', properties: { email: 'ada@example.com' } } }
        : { kind: 'notFound', status: 404, message: 'gone' };
    };
    handler = async ({ hubspot, object }) => {
      const found = await hubspot.readRecord('contacts', object?.objectId ?? '', ['email']);
      const none = await hubspot.readRecord('contacts', '2', []);
      const refused = await hubspot.updateRecord('contacts', '2', {}).catch((error: Error) => error.name);
      return {
        greeting: `${found?.properties['email']} ${typeof none} ${typeof refused === 'string' ? refused : ''}`,
      };
    };
    expect((await through()).outputs).toMatchObject({ greeting: 'ada@example.com undefined HubSpotRefused' });
    const own = { workspaceId: WORKSPACE, portalId: PORTAL, priority: 'outbox' };
    expect(asked[0]).toMatchObject({ ...own, resource: 'readObject', params: { objectId: '1' } });
  });

  it('is given up after giveUpAfterMs, with what its handler threw last', async () => {
    handler = () => {
      throw new Error('never');
    };
    const { run, outputs } = await through(undefined, 'short');
    expect(outputs).toMatchObject({ hs_execution_state: 'FAIL_CONTINUE', errorCode: 'gave_up' });
    expect(run).toMatchObject({ state: 'failed', error_code: 'gave_up' });
  });

  it('waits where HubSpot does not take its completion, and does not run its handler again for it', async () => {
    let ran = 0;
    handler = () => ({ greeting: String((ran += 1)) });
    await call();
    const run = await newest();
    await take('tryRun', run);
    outcome = { kind: 'unknown', message: 'no answer' } as Outcome;
    expect(await take('completeRun', run)).toMatchObject({ state: 'again' });
    outcome = { kind: 'ok', status: 204, body: undefined };
    expect(await take('tryRun', run)).toEqual({ state: 'over' });
    expect(await take('completeRun', run)).toEqual({ state: 'over' });
    expect([ran, (await newest())['state'], told]).toMatchObject([
      1,
      'completed',
      [{ callbackId: run['callback_id'] }],
    ]);
  });

  it('is overtaken by its cancellation: what its handler gives afterwards is not told', async () => {
    let go!: () => void;
    const reached = new Promise<void>((resolve) => {
      handler = async () => {
        resolve();
        await new Promise<void>((on) => (go = on));
        return { greeting: 'late' };
      };
    });
    await call();
    const run = await newest();
    const trying = take('tryRun', run);
    await reached;
    const { status } = await api.api.request('POST', `/api/actions/runs/${run.id}/cancel`);
    go();
    await trying;
    await take('completeRun', run);
    expect([status, told[0]?.outputFields]).toMatchObject([
      202,
      { errorCode: 'cancelled', hs_execution_state: 'FAIL_CONTINUE' },
    ]);
    expect(told[0]?.outputFields).not.toHaveProperty('greeting');
    expect((await newest())['state']).toBe('cancelled');
    expect((await api.api.request('POST', `/api/actions/runs/${run.id}/cancel`)).status).toBe(409);
  });

  it('is tried again by hand when it has failed, without telling HubSpot a second time', async () => {
    handler = () => {
      throw new ActionFailed('quota');
    };
    const { run } = await through();
    handler = () => ({ greeting: 'at last' });
    expect((await api.api.request('POST', `/api/actions/runs/${run.id}/retry`)).status).toBe(202);
    await take('tryRun', run);
    await take('completeRun', run);
    expect(told).toHaveLength(1);
    const shown = await api.api.must<object>('GET', `/api/actions/runs/${run.id}?data=true`);
    expect(shown).toMatchObject({
      ...{ state: 'completed', errorCode: null, attempts: 2, input: { name: 'Ada' } },
      outputs: { greeting: 'at last' },
    });
  });

  it('shows what it was called with to the scope admin alone', async () => {
    const { run } = await through();
    const reader = await api.client({ scopes: ['throttle:read'] });
    expect((await reader.request('GET', `/api/actions/runs/${run.id}?data=true`)).status).toBe(403);
    expect(await reader.must<object>('GET', `/api/actions/runs/${run.id}`)).toMatchObject({
      input: null,
      outputs: null,
    });
  });

  it('is listed, found by its callback, and told of where it failed', async () => {
    handler = () => ({});
    const { run } = await through();
    const path = `/api/actions/runs?action=work&state=failed&portalId=${PORTAL}&limit=1`;
    expect(await api.api.must<object>('GET', path)).toMatchObject({
      items: [{ id: run.id, errorCode: 'invalid_output' }],
    });
    const found = await api.api.must<object>('GET', `/api/search?q=${String(run['callback_id'])}`);
    expect(found).toMatchObject({ items: [{ kind: 'action_run', id: run.id }] });
    const attention = await api.api.must<{ items: { id: string }[] }>('GET', '/api/attention');
    expect(attention.items.map(({ id }) => id)).toContain('action_runs_failed:work');
  });

  it('is started by the sweep where the process that committed it died before', async () => {
    await call();
    const run = await newest();
    await api.database.admin.query(`UPDATE action_runs SET due_at = now() - interval '1 s' WHERE id = $1`, [
      run.id,
    ]);
    // Of earlier tests there may be one that waits, too.
    expect((await swept()).join(' ')).toMatch(new RegExp(`^pack (\\d+,)*${run.id}$`));
    expect(await swept()).toEqual([]);
    await take('tryRun', run);
    await api.database.admin.query(
      `UPDATE action_runs SET state = 'waiting', due_at = now() - interval '1 s' WHERE id = $1`,
      [run.id],
    );
    expect(await swept()).toContain(`start ${run.id}`);
  });

  describe('that needs settings of its portal', () => {
    const path = `/api/portals/${PORTAL}/settings`;
    interface Shown {
      readonly version: number;
      readonly fields: readonly { readonly name: string; readonly isSet: boolean; readonly value: unknown }[];
      readonly waiting: readonly object[];
    }
    const change = (values: object, headers?: Record<string, string>) =>
      api.api.request<Shown>('PATCH', path, { values }, headers);
    const sealed = async () => {
      const { rows } = await api.database.admin.query<{ text: string }>(
        'SELECT sealed_values AS text FROM portal_settings WHERE portal_id = $1',
        [PORTAL],
      );
      return rows[0]?.text;
    };
    beforeEach(async () => {
      charged = (...given) => ({ greeting: given.join() });
      await api.api.request('DELETE', path);
      nowMs += 10_001;
    });

    it('waits and says for what, and goes on with them; a secret is kept sealed, and neither shown nor told', async () => {
      await call(undefined, 'charge');
      const run = await newest();
      expect(await take('tryRun', run)).toMatchObject({ state: 'again' });
      const said = await api.api.must<object>('GET', `/api/actions/runs/${run.id}?data=true`);
      expect(said).toMatchObject({
        state: 'waiting',
        error: "The portal's settings do not fit: apiKey is missing",
      });
      const { status, body } = await change({ apiKey: 'pk-of-this-portal', most: '7' });
      expect([status, body.fields, body.waiting]).toMatchObject([
        200,
        [
          { name: 'apiKey', isSecret: true, isSet: true, value: null, actions: ['charge'] },
          { name: 'region', type: 'enum', isRequired: false, isSet: false, values: ['eu', 'us'] },
          { name: 'most', isSet: true, value: 7 },
        ],
        [],
      ]);
      expect(await sealed()).toMatch(/^v2\.[^ ]*$/);
      nowMs += 10_001;
      await take('tryRun', run);
      await take('completeRun', run);
      expect(told.at(-1)?.outputFields['greeting']).toBe('[secret],eu,7');
      charged = (apiKey) => {
        throw new ActionFailed('refused', `No ${apiKey}`);
      };
      expect((await through(undefined, 'charge')).outputs).toMatchObject({ sluice_reason: 'No [secret]' });
      const audit = await api.api.must<{ items: { subject: object }[] }>('GET', '/api/audit?limit=1');
      expect(audit.items[0]).toMatchObject({
        operation: 'portal.settings.set',
        subject: { set: ['apiKey', 'most'], unset: [] },
      });
      expect(JSON.stringify(audit)).not.toContain('pk-of');
    });

    it('waits where one was taken away, and is told of when it has been tried again and again', async () => {
      await change({ apiKey: 'pk-of-this-portal', region: 'us' });
      await change({ apiKey: null });
      await call(undefined, 'charge');
      expect(await take('tryRun', await newest())).toMatchObject({ state: 'again' });
      const { waiting, version } = await api.api.must<Shown>('GET', path);
      expect([waiting, version]).toEqual([[{ action: 'charge', reason: 'apiKey is missing' }], 2]);
      for (let tries = 1; tries < 6; tries += 1) await take('tryRun', await newest());
      const attention = await api.api.must<{ items: { id: string }[] }>('GET', '/api/attention');
      expect(attention.items.map(({ id }) => id)).toContain('action_runs_failing:charge');
      // It is looked for again soon, however long nobody sets it.
      const run = await newest();
      await api.database.admin.query(
        "UPDATE action_runs SET attempts = 20, give_up_at = now() + interval '1 day' WHERE id = $1",
        [run.id],
      );
      expect(await take('tryRun', run)).toEqual({ state: 'again', inMs: 300_000 });
    });

    it('has its settings refused with the path of each that does not fit, and then nothing is changed', async () => {
      const values = { apiKey: 'pk-', region: 'mars', most: 10, other: 1 };
      expect(await change(values)).toMatchObject({
        status: 400,
        body: {
          errors: [
            { path: 'values.apiKey', message: 'must have at least 8 characters' },
            { path: 'values.region', message: 'region must be one of eu, us' },
            { path: 'values.most', message: 'most must be at most 9' },
            { path: 'values.other', message: 'There is no such setting' },
          ],
        },
      });
      expect(await sealed()).toBeUndefined();
      const reader = await api.client({ scopes: ['portals:read'] });
      expect((await reader.request('PATCH', path, { values: { most: 1 } })).status).toBe(403);
    });

    it('keeps what two set at the same time, and who has seen something else changes nothing', async () => {
      const seen = (await api.api.request('GET', path)).headers.get('etag') ?? '';
      const both = await Promise.all([change({ most: 3 }), change({ apiKey: 'pk-of-this-portal' })]);
      expect(both.map(({ status }) => status)).toEqual([200, 200]);
      const { fields } = await api.api.must<Shown>('GET', path);
      expect(fields.filter(({ isSet }) => isSet).map(({ name }) => name)).toEqual(['apiKey', 'most']);
      expect((await change({ most: 4 }, { 'if-match': seen })).status).toBe(412);
      expect((await api.api.request('DELETE', path, undefined, { 'if-match': seen })).status).toBe(412);
    });

    it('has them no more when its portal is disconnected, and none can be set then', async () => {
      await change({ apiKey: 'pk-of-this-portal' });
      const stands = (state: string) =>
        api.database.admin.query('UPDATE portals SET state = $2 WHERE portal_id = $1', [PORTAL, state]);
      const portal = { workspaceId: WORKSPACE, portalId: PORTAL, epoch: 0 };
      const finish = () =>
        finishDisconnect(api.database.pool, portal, {
          ...{ reason: 'Disconnected', revoked: 'nothing', uninstalled: 'nothing', endedLocally: 0 },
        });
      expect(await finish()).toBe(false);
      expect(await sealed()).toMatch(/^v2/); // it is connected
      await stands('disconnecting');
      expect((await change({ most: 1 })).status).toBe(409);
      expect(await finish()).toBe(true);
      expect(await sealed()).toBeUndefined();
      await stands('active');
    });
  });

  it('is brought to its end by the sweep where it waits for its next try when its portal is disconnected', async () => {
    const portalId = 7003;
    await seedLane(api.database.admin, { portalId, limit: 1, intervalMs: 1000 });
    await callAction({
      ...{ url: `${api.url}/api/hubspot/actions/work`, secret: 'secret', portalId, callbackId: 'c-asleep' },
      inputFields: { name: 'Ada' },
    });
    const run = await newest();
    await createActionsPortalHook(api.database.pool).ending(
      { workspaceId: WORKSPACE, portalId, reason: 'uninstalled' },
      () => undefined,
    );
    expect(await swept()).toContain(`end ${run.id}`);
  });

  it('is tried with others of its pack; what fails, hangs or was cancelled is nothing to them', async () => {
    const all: string[] = [];
    for (const name of ['Ada', 'fails', 'Grace', 'hangs', 'nobody', 'cancelled']) {
      await call({ name });
      all.push((await newest()).id);
    }
    const [first, fails, third, hangs, nobody, cancelled] = all as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    await api.api.must('POST', `/api/actions/runs/${cancelled}/cancel`);
    handler = async ({ input: { name }, signal }) => {
      if (name === 'fails') throw new Error('the partner is away');
      if (name === 'nobody') throw new ActionFailed('no_name');
      if (name === 'hangs') await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return { greeting: name };
    };
    expect(await runPack(all)).toEqual({ state: 'over' });
    expect(await statesOf(all)).toEqual({
      ...{ [first]: 'completed', [third]: 'completed', [nobody]: 'failed' },
      ...{ [fails]: 'waiting', [hangs]: 'waiting', [cancelled]: 'completing' },
    });
    expect(asked.sort()).toEqual([`start ${fails} later`, `start ${hangs} later`].sort());
    expect(told).toHaveLength(3);
    // Whoever comes again finds nothing that was not tried.
    expect(await runPack(all, 2)).toEqual({ state: 'over' });
    expect([asked, told].map(({ length }) => length)).toEqual([2, 3]);
    for (const runId of [fails, hangs, cancelled]) {
      await take('tryRun', { id: runId });
      await take('completeRun', { id: runId });
    }
  });

  it('goes on in a workflow of its own where its pack died with it in hand, or HubSpot takes nothing', async () => {
    await call();
    const dead = (await newest()).id;
    await api.database.admin.query('UPDATE action_runs SET attempts = 1, pack = id WHERE id = $1', [dead]);
    expect(await runPack([dead], 2)).toEqual({ state: 'over' });
    expect(asked).toEqual([`start ${dead}`]);
    await call();
    const { id } = await newest();
    outcome = { kind: 'unknown', message: 'no answer' } as Outcome;
    expect(await runPack([id])).toEqual({ state: 'over' });
    expect(asked.slice(1)).toEqual([`start ${id} later`]);
    expect(await newest()).toMatchObject({ state: 'completing', attempts: 1, pack: null });
    outcome = { kind: 'ok', status: 204, body: undefined };
    for (const runId of [dead, id]) {
      await take('tryRun', { id: runId });
      await take('completeRun', { id: runId });
    }
    expect(await newest()).toMatchObject({ state: 'completed', attempts: 1 });
  });

  it('leaves a place for other actions, and comes again where there is none', async () => {
    const all: string[] = [];
    for (let n = 0; n < 12; n += 1) {
      await call({ name: 'Ada' }, 'other');
      all.push((await newest()).id);
    }
    let atOnce = 0;
    let most = 0;
    let go!: () => void;
    const open = new Promise<void>((resolve) => (go = resolve));
    handler = async () => {
      most = Math.max(most, (atOnce += 1));
      await open;
      atOnce -= 1;
      return { greeting: 'hello' };
    };
    const pack = runPack(all, 1, 'other');
    await until('its places are taken', () => Promise.resolve(atOnce === 10), 5000);
    await call({ name: 'Ada' }, 'other');
    const late = (await newest()).id;
    expect(await runPack([late], 1, 'other')).toMatchObject({ state: 'again' });
    const held = handler;
    handler = () => ({ greeting: 'of another action' });
    await call();
    const { id: free } = await newest();
    expect(await runPack([free])).toEqual({ state: 'over' });
    handler = held;
    go();
    expect(await pack).toEqual({ state: 'over' });
    expect(await runPack([late], 1, 'other')).toEqual({ state: 'over' });
    expect(new Set(Object.values(await statesOf([...all, late, free])))).toEqual(new Set(['completed']));
    expect(most).toBe(10);
  });

  it('stops when it is cancelled in its pack, and ends with the pack', async () => {
    const stopped = new Promise<void>((resolve) => {
      handler = ({ signal }) =>
        new Promise((_, reject) =>
          signal.addEventListener('abort', () => {
            resolve();
            reject(new Error('stopped'));
          }),
        );
    });
    await call({ name: 'Ada' }, 'other');
    const { id } = await newest();
    const pack = runPack([id], 1, 'other');
    await until('it is tried', async () => Number((await newest())['attempts']) === 1, 5000);
    await api.api.must('POST', `/api/actions/runs/${id}/cancel`);
    await stopped;
    expect(await pack).toEqual({ state: 'over' });
    await take('completeRun', { id });
    expect(await newest()).toMatchObject({ state: 'cancelled' });
  });

  it('ends as cancelled with its pack', async () => {
    await call();
    const { id } = await newest();
    await new MockActivityEnvironment().run(steps.cancelPack, packOf([id]));
    expect(await swept()).toContain(`end ${id}`);
    await take('completeRun', { id });
    expect(await newest()).toMatchObject({ state: 'cancelled', error_code: 'cancelled' });
  });

  it('ends as cancelled when its portal is disconnected', async () => {
    const portalId = 7002;
    await seedLane(api.database.admin, { portalId, limit: 1, intervalMs: 1000 });
    await callAction({
      ...{ url: `${api.url}/api/hubspot/actions/work`, secret: 'secret', portalId, callbackId: 'c-gone' },
      inputFields: { name: 'Ada' },
    });
    const hook = createActionsPortalHook(api.database.pool);
    const portal = { workspaceId: WORKSPACE, portalId, reason: 'uninstalled' };
    expect(await hook.ending(portal, () => undefined)).toEqual({ marked: 1, left: 1 });
    expect(await hook.ended(portal, () => undefined)).toBe(1);
    expect(await newest()).toMatchObject({
      state: 'cancelled',
      error_code: 'cancelled',
      reason: 'uninstalled',
    });
  });
});
