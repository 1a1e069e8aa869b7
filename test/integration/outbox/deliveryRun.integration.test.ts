import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Effect } from '../../../src/domain/outbox/effects.js';
import { COUNTER_MARKER, EFFECT_KEY_PROPERTY } from '../../../src/domain/outbox/portalCapabilities.js';
import type { PortalCapabilities } from '../../../src/domain/outbox/portalCapabilities.js';
import type { PlannableEvent } from '../../../src/domain/outbox/plan.js';
import { createRegistry } from '../../../src/sdk/outbox/registry/registry.js';
import { SHIPPED } from '../../../src/sdk/outbox/registry/shipped.js';
import { startCrm, type CrmHarness } from '../sandbox/crmHarness.js';
import { deliverTo, makeProperty } from './deliverTo.js';

const NUMBERS = ['sluice_nova_earned', 'sluice_nova_redeemed', 'sluice_redemptions'];
const TEXTS = [
  'sluice_driver_id',
  'sluice_signed_up_at',
  'sluice_signup_source',
  'sluice_wallet_platform',
  'sluice_wallet_installed_at',
  'sluice_nova_last_earned_at',
  'sluice_nova_last_reason',
  'sluice_nova_last_redeemed_at',
  'sluice_first_redemption_at',
  COUNTER_MARKER,
];

let crm: CrmHarness;
beforeEach(async () => {
  crm = await startCrm();
  for (const name of [...TEXTS, ...NUMBERS])
    await makeProperty(crm, 'contacts', name, NUMBERS.includes(name) ? 'number' : 'string');
  await makeProperty(crm, 'contacts', 'driver_id', 'string', true);
  await makeProperty(crm, 'deals', 'order_id', 'string', true);
  await makeProperty(crm, 'notes', EFFECT_KEY_PROPERTY, 'string', true);
});
afterEach(() => crm.close());

/**
 * An answer as HubSpot may give it, too: with its results in another order, and without what it was sent to know them
 * by.
 */
function unkind(answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null || !('results' in answer)) return answer;
  const results = (answer.results as Record<string, unknown>[]).map(
    ({ objectWriteTraceId: _, ...result }) => result,
  );
  return { ...answer, results: [...results.slice(1), ...results.slice(0, 1)].reverse() };
}

const deliver = (
  events: readonly PlannableEvent[],
  more: Partial<PortalCapabilities> = {},
  answered?: (answer: unknown) => unknown,
) => deliverTo(crm, events, { capabilities: more, ...(answered && { answered }) });

const contacts = async (...names: string[]) =>
  (await crm.get(`/crm/objects/2026-03/contacts?limit=100&properties=${names.join(',')}`)).body.results.map(
    ({ properties }: { properties: Record<string, string> }) =>
      Object.fromEntries(names.map((name) => [name, properties[name]])),
  );
/** Records by what a property of theirs says, with the one record that each is associated with. */
async function named(type: string, property: string, linked?: string) {
  const query = `limit=100&properties=${property}${linked ? `&associations=${linked}` : ''}`;
  const { results } = (await crm.get(`/crm/objects/2026-03/${type}?${query}`)).body;
  return (
    results as {
      id: string;
      properties: Record<string, string>;
      associations?: Record<string, { results: { id: string }[] }>;
    }[]
  ).map(({ id, properties, associations }) => ({
    id,
    name: (properties[property] ?? '').replace(/<[^>]*>/g, ''),
    to: linked === undefined ? undefined : associations?.[linked]?.results[0]?.id,
  }));
}
const byOwnKey = (id: string, properties: Record<string, string>): Effect => ({
  kind: 'upsertContact',
  by: { property: 'driver_id', value: id },
  properties,
});

describe('a delivery to the sandbox', () => {
  it.each([undefined, 'driver_id'])(
    'brings every event type that comes with Sluice into HubSpot (contacts by %s)',
    async (contactKeyProperty) => {
      const registry = createRegistry(SHIPPED);
      const types = registry.list().filter(({ name }) => name !== 'generic');
      const events = types.map((type, n): PlannableEvent => {
        const context = {
          eventId: String(n),
          portalId: '1',
          occurredAt: '2026-10-01T00:00:00.000Z',
          ...(contactKeyProperty && { contactKeyProperty }),
        };
        return {
          id: context.eventId,
          orderingKey: type.orderingKey(type.example, context),
          effects: type.effects(type.example, context),
        };
      });
      expect(await deliver(events)).toMatchObject({ states: types.map(() => 'done') });
      expect(
        await contacts('email', 'firstname', 'sluice_nova_earned', 'sluice_redemptions', 'lifecyclestage'),
      ).toEqual([
        {
          email: 'dana@example.com',
          firstname: 'Dana',
          sluice_nova_earned: '150',
          sluice_redemptions: '1',
          lifecyclestage: 'customer',
        },
      ]);
      const [note] = (
        await crm.get('/crm/objects/2026-03/notes?properties=hs_note_body&associations=contacts')
      ).body.results;
      expect(note.properties.hs_note_body).toContain('Coffee');
      expect(note.associations.contacts.results).toHaveLength(1);
    },
  );

  it('needs one call for 100 contacts by a unique property and two for 100 by e-mail', async () => {
    const events = (effect: (n: number) => Effect) =>
      Array.from({ length: 100 }, (_, n): PlannableEvent => ({
        id: String(n),
        orderingKey: null,
        effects: [effect(n)],
      }));
    const byEmail = events((n) => ({
      kind: 'upsertContact',
      by: { property: 'email', value: `C${n}@example.com` },
      properties: { city: 'Bern' },
    }));
    expect(await deliver(events((n) => byOwnKey(`d-${n}`, { city: 'Bern' })))).toMatchObject({
      calls: 1,
      states: Array(100).fill('done'),
    });
    expect(await deliver(byEmail)).toMatchObject({ calls: 2, states: Array(100).fill('done') });
    expect(await deliver(byEmail)).toMatchObject({ calls: 2, states: Array(100).fill('done') });
  });

  it('ends bad rows as dead letters that say why, and brings the others', async () => {
    const effects = [
      byOwnKey('d-1', { email: 'nobody' }),
      byOwnKey('d-2', { no_such_property: '1' }),
      byOwnKey('d-3', { sluice_nova_earned: 'many' }),
      byOwnKey('d-4', { city: 'Bern' }),
    ];
    const { reports, states } = await deliver(
      effects.map((effect, n) => ({ id: String(n), orderingKey: null, effects: [effect] })),
    );
    expect(states).toEqual(['failed', 'failed', 'failed', 'done']);
    for (const { outcome } of reports.slice(0, 3))
      expect(outcome).toMatchObject({
        failure: { class: 'permanent', message: expect.stringContaining('redrive') },
      });
    expect(await contacts('driver_id')).toEqual([{ driver_id: 'd-4' }]);
  });

  it('makes a note and a deal with its contact once, however often they are sent', async () => {
    const event: PlannableEvent = {
      id: '7',
      orderingKey: null,
      effects: [
        { kind: 'upsertContact', by: { property: 'email', value: 'ann@example.com' }, properties: {} },
        {
          kind: 'upsertRecord',
          objectType: 'deals',
          by: { property: 'order_id', value: 'o-1' },
          properties: { dealname: 'Order 1' },
          associations: [{ to: { effect: 0 } }],
        },
        { kind: 'note', on: { effect: 1 }, body: 'paid', timestamp: '2026-10-01T00:00:00Z' },
      ],
    };
    const more = { effectKeyProperties: { notes: EFFECT_KEY_PROPERTY } };
    for (const _ of [1, 2]) expect((await deliver([event], more)).states).toEqual(['done']);
    expect((await crm.get('/crm/objects/2026-03/notes')).body.results).toHaveLength(1);
    const deals = (await crm.get('/crm/objects/2026-03/deals?associations=contacts,notes')).body.results;
    expect(deals).toHaveLength(1);
    expect(deals[0].associations.contacts.results).toHaveLength(1);
    expect(deals[0].associations.notes.results).toHaveLength(1);
  });

  it.each([
    { what: 'deals without a unique property', by: false, notes: {} },
    { what: 'deals by a unique property', by: true, notes: {} },
    { what: 'notes by the key of creates', by: true, notes: { notes: EFFECT_KEY_PROPERTY } },
  ])(
    'associates $what with their own contacts though HubSpot shuffles its answers and repeats no trace id',
    async ({ by, notes }) => {
      const names = ['a', 'b', 'c', 'd', 'e', 'f'];
      const events = names.map((name): PlannableEvent => ({
        id: String(names.indexOf(name) + 1),
        orderingKey: null,
        effects: [
          { kind: 'upsertContact', by: { property: 'driver_id', value: name }, properties: {} },
          {
            kind: 'upsertRecord',
            objectType: 'deals',
            ...(by && { by: { property: 'order_id', value: `o-${name}` } }),
            properties: { dealname: name },
            associations: [{ to: { effect: 0 } }],
          },
          { kind: 'note', on: { effect: 1 }, body: name, timestamp: '2026-10-01T00:00:00Z' },
        ],
      }));
      const { states } = await deliver(events, { effectKeyProperties: notes }, unkind);
      expect(states).toEqual(names.map(() => 'done'));
      const people = await named('contacts', 'driver_id');
      const deals = await named('deals', 'dealname', 'contacts');
      const written = await named('notes', 'hs_note_body', 'deals');
      const nameOf = (all: typeof people, id: string | undefined) => all.find((one) => one.id === id)?.name;
      expect(deals.map(({ name, to }) => `${name} ${nameOf(people, to)}`).sort()).toEqual(
        names.map((name) => `${name} ${name}`),
      );
      expect(written.map(({ name, to }) => `${name} ${nameOf(deals, to)}`).sort()).toEqual(
        names.map((name) => `${name} ${name}`),
      );
    },
  );
});
