import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { installApp } from '../support/installApp.js';
import { startStack, until, type Stack } from '../support/stack.js';
import { SHIPPED } from '../../src/sdk/outbox/registry/shipped.js';

const CUSTOM_EVENTS = 'analytics.behavioral_events.send';
/** One event of each type that comes with Sluice, of one driver; the example of each. */
const DRIVER_EVENTS = SHIPPED.filter(({ name }) => name !== 'generic').map(({ name, example }) => ({
  type: name,
  payload: example,
}));
const WITH_CUSTOM_EVENTS = ['nova_redeemed', 'wallet_pass_installed'];

interface Event {
  readonly type: string;
  readonly state: string;
  readonly lastError: string | null;
  readonly byFallback: boolean;
  readonly effects: readonly { n: number; state: string; fallback: string | null }[];
}

describe('all event types that come with Sluice, after an ordinary connection', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack({ env: { HUBSPOT_SEND_LIVE: 'true' } });
  }, 120_000);
  afterAll(() => stack.stop());

  /** Captures one of each, and shows what became of them. */
  async function deliver(portalId: number): Promise<Event[]> {
    const events = DRIVER_EVENTS.map((event) => ({ ...event, portalId }));
    const { events: taken } = await stack.api.must<{ events: { id: string }[] }>('POST', '/api/events', {
      events,
    });
    return until(
      'all have ended',
      async () => {
        const all = await Promise.all(
          taken.map(({ id }) => stack.api.must<Event>('GET', `/api/events/${id}`)),
        );
        return all.every(({ state }) => ['processed', 'dead', 'invalid'].includes(state)) && all;
      },
      60_000,
    );
  }
  const ends = (events: readonly Event[]) => events.map(({ state, lastError }) => ({ state, lastError }));
  const fallbacks = (events: readonly Event[]) =>
    events
      .flatMap(({ type, effects }) =>
        effects.flatMap(({ fallback }) => (fallback ? [`${type}: ${fallback}`] : [])),
      )
      .sort();
  const contact = async (portalId: number) => {
    const { accessToken } = await stack.sandbox.install(portalId);
    const names = [
      ...['sluice_wallet_passes', 'sluice_wallet_platform', 'sluice_nova_redeemed_events'],
      ...['sluice_redemptions', 'sluice_nova_redeemed', 'sluice_nova_last_reward', 'lifecyclestage'],
    ];
    const url = `${stack.sandboxProcess.url}/crm/objects/2026-03/contacts/dana@example.com?idProperty=email&properties=${names.join(',')}`;
    const answer = await fetch(url, { headers: { authorization: `Bearer ${accessToken}` } });
    // Names that the portal has no property of are left out.
    const { properties } = (await answer.json()) as { properties: Record<string, string | null> };
    return Object.fromEntries(names.map((name) => [name, properties[name] ?? null]));
  };
  const sends = async (portalId: number) => {
    const { rows } = await stack.pool.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM request_log WHERE portal_id = $1 AND path LIKE '/events/%'`,
      [portalId],
    );
    return rows[0]?.count;
  };

  it('wait where they were captured while no portal is connected at all, with one line that says what to do', async () => {
    const portalId = 51_000_000;
    await until(
      'the worker says so',
      () =>
        /HubSpot sync worker not started \(HUBSPOT_SEND_LIVE=true, and no portal is connected\)/.test(
          Object.values(stack.logs()).join('\n'),
        ),
      30_000,
    );
    const [first] = DRIVER_EVENTS;
    await stack.pool.query('SELECT sluice_track_event($1, $2, NULL, NULL, $3)', [
      first?.type,
      JSON.stringify(first?.payload),
      portalId,
    ]);
    // The API has come up, and the first portal is connected by it.
    await stack.sandbox.createPortal(portalId);
    await installApp(stack, portalId, ['events']);
    await until(
      'the event is processed',
      async () => {
        const { rows } = await stack.pool.query<{ state: string }>(
          'SELECT state FROM outbox_events WHERE portal_id = $1',
          [portalId],
        );
        return rows[0]?.state === 'live';
      },
      30_000,
    );
    expect(Object.values(stack.logs()).join('\n')).toContain('HubSpot sync worker started');
  }, 120_000);

  it('are processed: a link that asks for events gets the right to send custom events where the account has them', async () => {
    const portalId = 51_000_001;
    await stack.sandbox.createPortal(portalId);
    await installApp(stack, portalId, ['throttle', 'events']);
    const events = await deliver(portalId);
    expect(ends(events)).toEqual(DRIVER_EVENTS.map(() => ({ state: 'processed', lastError: null })));
    expect(fallbacks(events)).toEqual([]);
    const settings = await stack.api.must('GET', `/api/integrations/hubspot/config?portalId=${portalId}`);
    expect(settings).toMatchObject({ events: { enabled: true, missingScopes: [] }, limitedTypes: [] });
    expect(await contact(portalId)).toMatchObject({
      sluice_nova_redeemed_events: null,
      lifecyclestage: 'customer',
    });
  }, 120_000);

  it('are processed where the account can grant no custom events: two by their fallback, which is said before and after', async () => {
    const portalId = 51_000_002;
    await stack.sandbox.createPortal(portalId, undefined, undefined, [CUSTOM_EVENTS]);
    await installApp(stack, portalId, ['throttle', 'events']);
    const settings = await stack.api.must<{ limitedTypes: { type: string; why: string }[] }>(
      'GET',
      `/api/integrations/hubspot/config?portalId=${portalId}`,
    );
    expect(settings.limitedTypes.map(({ type, why }) => `${type}: ${why}`).sort()).toEqual(
      WITH_CUSTOM_EVENTS.map((type) => `${type}: scope`),
    );
    const set = await stack.api.must('PUT', '/api/outbox/types/nova_redeemed', { mode: 'live' });
    expect(set).toEqual({ mode: 'live', limited: [{ portalId, why: 'scope', hasFallback: true }] });

    const events = await deliver(portalId);
    expect(ends(events)).toEqual(DRIVER_EVENTS.map(() => ({ state: 'processed', lastError: null })));
    expect(fallbacks(events)).toEqual(WITH_CUSTOM_EVENTS.map((type) => `${type}: scope`));
    expect(
      events
        .filter(({ byFallback }) => byFallback)
        .map(({ type }) => type)
        .sort(),
    ).toEqual(WITH_CUSTOM_EVENTS);
    expect(await contact(portalId)).toMatchObject({
      ...{ sluice_wallet_passes: '1', sluice_wallet_platform: 'apple' },
      ...{ sluice_nova_redeemed_events: '1', sluice_redemptions: '1', sluice_nova_redeemed: '100' },
      ...{ sluice_nova_last_reward: 'Coffee', lifecyclestage: 'customer' },
    });
    const counted = await Promise.all(
      stack.workers.map(async ({ url }) => (await fetch(`${url}/metrics`)).text()),
    );
    const of = (text: string) =>
      Number(/sluice_outbox_fallbacks_total\{reason="scope".*\} (\d+)/.exec(text)?.[1] ?? 0);
    expect(counted.reduce((sum, text) => sum + of(text), 0)).toBe(2);
  }, 120_000);

  it('are processed where HubSpot refuses custom events to a token that says nothing of its scopes: it is asked once', async () => {
    const portalId = 51_000_003;
    await stack.sandbox.createPortal(portalId, undefined, undefined, [CUSTOM_EVENTS]);
    await stack.connectPortal(portalId);
    const first = await deliver(portalId);
    expect(first.map(({ state }) => state)).toEqual(DRIVER_EVENTS.map(() => 'processed'));
    expect(fallbacks(first)).toEqual(WITH_CUSTOM_EVENTS.map((type) => `${type}: refused`));
    const asked = await sends(portalId);
    expect(asked).toBeGreaterThan(0);
    const second = await deliver(portalId);
    expect(ends(second)).toEqual(DRIVER_EVENTS.map(() => ({ state: 'processed', lastError: null })));
    expect(fallbacks(second)).toEqual(WITH_CUSTOM_EVENTS.map((type) => `${type}: refused`));
    expect(await sends(portalId)).toBe(asked);
    expect(await contact(portalId)).toMatchObject({
      sluice_wallet_passes: '2',
      sluice_nova_redeemed_events: '2',
    });
  }, 120_000);
});
