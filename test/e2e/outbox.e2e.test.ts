import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startStack, until, type Stack } from '../support/stack.js';

describe('the outbox, end to end', () => {
  let stack: Stack;
  let portalId: number;

  beforeAll(async () => {
    stack = await startStack({ env: { HUBSPOT_SEND_LIVE: 'true' } });
    portalId = await stack.connectPortal();
  }, 120_000);
  afterAll(() => stack.stop());

  const track = (type: string, payload: object, key: string | null = null) =>
    stack.pool.query('SELECT sluice_track_event($1, $2, $3, NULL, $4)', [
      type,
      JSON.stringify(payload),
      key,
      portalId,
    ]);
  const statesOf = async () => {
    const { rows } = await stack.pool.query<{ state: string; count: number }>(
      'SELECT state, count(*)::int AS count FROM outbox_events WHERE portal_id = $1 OR portal_id IS NULL GROUP BY state',
      [portalId],
    );
    return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
  };
  const contact = async (email: string) => {
    const token = stack.secrets.tokens.get(portalId) ?? '';
    const names = 'email,firstname,sluice_driver_id,sluice_nova_earned';
    const url = `${stack.sandboxProcess.url}/crm/objects/2026-03/contacts/${encodeURIComponent(email)}?idProperty=email&properties=${names}`;
    const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    const { properties } = (await answer.json()) as { properties?: Record<string, string> };
    return properties;
  };

  it("events that an application's transaction committed reach HubSpot, in the order of their driver; those it rolled back do not", async () => {
    const client = await stack.pool.connect();
    try {
      const of = (n: number) => ({ driverId: `d-${n}`, email: `driver${n}@example.com` });
      await client.query('BEGIN');
      for (let n = 0; n < 30; n += 1) {
        await client.query('SELECT sluice_track_event($1, $2, $3, NULL, $4)', [
          'driver_signed_up',
          JSON.stringify({ ...of(n), firstName: `Driver ${n}` }),
          `signed-up-${n}`,
          portalId,
        ]);
        for (const amount of [5, 7])
          await client.query('SELECT sluice_track_event($1, $2, NULL, NULL, $3)', [
            'nova_earned',
            JSON.stringify({ ...of(n), amount }),
            portalId,
          ]);
      }
      await client.query('COMMIT');
      await client.query('BEGIN');
      await client.query('SELECT sluice_track_event($1, $2, NULL, NULL, $3)', [
        'driver_signed_up',
        JSON.stringify(of(99)),
        portalId,
      ]);
      await client.query('ROLLBACK');
    } finally {
      client.release();
    }
    await until('all events are processed', async () => ((await statesOf()).live ?? 0) >= 90, 60_000, 200);
    for (const n of [0, 13, 29])
      expect(await contact(`driver${n}@example.com`)).toMatchObject({
        firstname: `Driver ${n}`,
        sluice_driver_id: `d-${n}`,
        sluice_nova_earned: '12',
      });
    expect(await contact('driver99@example.com')).toBeUndefined();
  }, 90_000);

  it('a repeat changes nothing; what cannot be understood is kept with its reason, and holds nobody up', async () => {
    const before = (await statesOf()).live ?? 0;
    await track(
      'driver_signed_up',
      { driverId: 'd-0', email: 'driver0@example.com', firstName: 'Driver 0' },
      'signed-up-0',
    );
    await track('no_such_event', {});
    await track('driver_signed_up', { driverId: 'd-100', email: 'not an address' });
    await track('driver_signed_up', { driverId: 'd-101', email: 'driver101@example.com', firstName: 'Last' });
    await until(
      'the last one is processed',
      async () => (await contact('driver101@example.com')) !== undefined,
      30_000,
      200,
    );
    await until('it is booked', async () => ((await statesOf()).live ?? 0) === before + 1, 30_000, 200);
    expect(await statesOf()).toMatchObject({ invalid: 2 });
  }, 60_000);

  it('every kind of bad input ends in a named state that says what to do, and the others go on', async () => {
    const map = (name: string, properties: Record<string, string>) =>
      stack.api.must('PUT', `/api/outbox/mappings/${name}`, {
        effects: [{ kind: 'upsertContact', by: { property: 'email', value: '/email' }, properties }],
      });
    await map('plain', {});
    await map('no_property', { no_such_property: '/value' });
    await map('wrong_type', { sluice_nova_earned: '/value' });
    const who = { driverId: 'd-bad', email: 'bad@example.com' };
    const generic = (name: string, data: object) => ({ type: 'generic', payload: { name, data } });
    const deep = Array.from({ length: 40 }).reduce<unknown>((inner) => [inner], 'bottom');
    const cases: [object, string, RegExp][] = [
      [{ type: 'no_such_event', payload: {} }, 'invalid', /is not a known event type; known are/],
      [
        { type: 'nova_earned', payload: { ...who, amount: 1, reason: 'x'.repeat(70_000) } },
        'invalid',
        /larger than 64 KiB/,
      ],
      [
        { type: 'nova_earned', payload: { ...who, amount: 1, reason: deep } },
        'invalid',
        /deeper than 32 levels/,
      ],
      [{ type: 'nova_earned', payload: { ...who, amount: 'many' } }, 'invalid', /amount: /],
      [generic('nothing', {}), 'invalid', /make one with PUT/],
      [
        { type: 'nova_earned', payload: { ...who, amount: 1 }, portalId: 99_999_999 },
        'invalid',
        /not connected here: connect it/,
      ],
      [generic('plain', { email: 'nobody@nowhere@example.com' }), 'invalid', /is not an e-mail address/],
      [
        generic('no_property', { email: 'p@example.com', value: 'x' }),
        'dead',
        /no_such_property.*create the property/,
      ],
      [
        generic('wrong_type', { email: 't@example.com', value: 'many' }),
        'dead',
        /sluice_nova_earned.*then redrive/,
      ],
    ];
    const good = { type: 'driver_signed_up', payload: { driverId: 'd-good', email: 'good@example.com' } };
    const events = [...cases.map(([event]) => event), good].map((event) => ({ portalId, ...event }));
    const answer = await stack.api.must<{ events: { id: string }[] }>('POST', '/api/events', { events });
    const ids = answer.events.map(({ id }) => id);
    const stateOf = (id: string | undefined) =>
      stack.api.must<{ state: string; lastError: string | null }>('GET', `/api/events/${id}`);
    await until(
      'the good one is processed',
      async () => (await stateOf(ids.at(-1))).state === 'processed',
      60_000,
    );
    for (const [n, [event, state, reason]] of cases.entries()) {
      await until(
        `${JSON.stringify(event).slice(0, 80)} has ended`,
        async () => !['pending', 'sending', 'retrying'].includes((await stateOf(ids[n])).state),
        60_000,
      );
      const found = await stateOf(ids[n]);
      expect({ n, state: found.state, lastError: found.lastError }).toEqual({
        ...{ n, state },
        lastError: expect.stringMatching(reason),
      });
    }
  }, 120_000);

  it('the smoke command sends one event through all parts, sees it arrive, and archives what it made', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', 'src/cli/smoke.ts'], {
      env: {
        ...process.env,
        ...stack.env,
        SLUICE_API_URL: stack.apis[0]?.url,
        SLUICE_API_KEY: stack.secrets.apiKey,
        NODE_OPTIONS: '',
      },
    });
    expect(stdout).toMatch(
      /✓ Event \d+ is processed[^]*✓ The contact \d+ is archived again[^]*✓ An event came through/,
    );
    const { rows } = await stack.pool.query<{ email: string }>(
      `SELECT payload ->> 'email' AS email FROM outbox_history WHERE payload ->> 'source' = 'npm run smoke'`,
    );
    expect(rows).toHaveLength(1);
    expect(await contact(rows[0]!.email)).toBeUndefined();
  }, 60_000);

  it('a delivery that has nothing to do is gone', async () => {
    await until(
      'the workflow has ended',
      async () => {
        const { status } = await stack.temporal.workflow.getHandle(`outboxDelivery/${portalId}`).describe();
        return status.name === 'COMPLETED';
      },
      30_000,
      500,
    );
  }, 40_000);
});
