import type { Effect } from '../../../src/domain/outbox/effects.js';
import type { PlannableEvent } from '../../../src/domain/outbox/plan.js';
import type { Outcome } from '../../../src/hubspot/wire/outcomes.js';
import { DeliveryRun } from '../../../src/services/outbox/delivery/deliveryRun.js';
import type { RunOptions } from '../../../src/services/outbox/delivery/deliveryRun.js';
import type { FakeHubSpot } from './support.js';
import { deliver, capabilities } from './support.js';

/* Events as tests of deliveries need them, and a delivery from its first request to its reports. */

export const TIME = '2026-10-01T00:00:00Z';
export const byEmail = (name: string) => ({ property: 'email', value: `${name}@example.com` });
export const contact = (
  name: string,
  properties: Record<string, string | null>,
  counters?: Record<string, number>,
): Effect => ({
  kind: 'upsertContact',
  by: byEmail(name),
  properties,
  ...(counters && { counters }),
});
export const byOwnKey = (
  id: string,
  properties: Record<string, string>,
  counters?: Record<string, number>,
): Effect => ({
  kind: 'upsertContact',
  by: { property: 'driver_id', value: id },
  properties,
  ...(counters && { counters }),
});
export const note = (name: string): Effect => ({
  kind: 'note',
  on: { objectType: 'contacts', by: byEmail(name) },
  body: 'hello',
  timestamp: TIME,
});
export const event = (id: string, orderingKey: string | null, ...effects: Effect[]): PlannableEvent => ({
  id,
  orderingKey,
  effects,
});

export function run(
  events: PlannableEvent[],
  hubspot: FakeHubSpot,
  options: Partial<RunOptions> & { capabilities?: Parameters<typeof capabilities>[0] } = {},
) {
  const delivery = new DeliveryRun(events, capabilities(options.capabilities), {
    batchSize: 100,
    ...options,
  });
  deliver(delivery, hubspot);
  return delivery.reports();
}
export const states = (reports: ReturnType<typeof run>) =>
  Object.fromEntries(reports.map(({ eventId, outcome }) => [eventId, outcome.state]));
export const resources = (hubspot: FakeHubSpot) => hubspot.requests.map(({ resource }) => resource);
export const answers = (outcome: Outcome) => () => outcome;
