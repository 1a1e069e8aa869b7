import type { FoundByAnotherKey } from '../../../src/domain/workspaces/foundRecords.js';
import { COUNTER_MARKER } from '../../../src/domain/outbox/portalCapabilities.js';
import type { PortalCapabilities } from '../../../src/domain/outbox/portalCapabilities.js';
import type { PlannableEvent } from '../../../src/domain/outbox/plan.js';
import { classifyResponse } from '../../../src/hubspot/wire/classifyResponse.js';
import { pathOf } from '../../../src/hubspot/wire/paths.js';
import { DeliveryRun } from '../../../src/services/outbox/delivery/deliveryRun.js';
import type { CrmHarness } from '../sandbox/crmHarness.js';

const VERSIONS = { HUBSPOT_API_VERSION: '2026-03', HUBSPOT_API_VERSIONS: {} } as const;

interface How {
  readonly capabilities?: Partial<PortalCapabilities>;
  /** What happens in HubSpot right before a request reaches it. */
  readonly before?: (resource: string) => Promise<void>;
  readonly foundByAnotherKey?: FoundByAnotherKey;
  /** What comes of an answer on its way. */
  readonly answered?: (answer: unknown) => unknown;
}

/** Delivers events to the sandbox, as a worker would a claim of them. */
export async function deliverTo(
  crm: CrmHarness,
  events: readonly PlannableEvent[],
  { capabilities = {}, foundByAnotherKey = 'adopt', before, answered = (answer) => answer }: How = {},
) {
  const portal = {
    portalId: '1',
    effectKeyProperties: {},
    appEvents: new Set<string>(),
    counterMarker: COUNTER_MARKER,
    ...capabilities,
  };
  const run = new DeliveryRun(events, portal, { batchSize: 100, foundByAnotherKey });
  const asked: string[] = [];
  for (let round = run.nextRound(); round; round = run.nextRound()) {
    for (const batch of round) {
      for (let ask = batch.next(); ask; ask = batch.next()) {
        const { method, path } = pathOf(ask.request.resource, VERSIONS, ask.request.params);
        await before?.(ask.request.resource);
        const { status, body: kind } = await crm.call(method, path, ask.request.body);
        const body = answered(kind);
        asked.push(ask.request.resource);
        const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
        batch.answer(classifyResponse(status, {}, text, { nowMs: 0, timeZone: 'UTC' }));
      }
    }
  }
  const reports = run.reports();
  return { reports, asked, calls: asked.length, states: reports.map(({ outcome }) => outcome.state) };
}

export async function makeProperty(
  crm: CrmHarness,
  objectType: string,
  name: string,
  type: 'string' | 'number',
  hasUniqueValue = false,
) {
  const groups = (await crm.get(`/crm/properties/2026-03/${objectType}/groups`)).body.results;
  const { status, body } = await crm.post(`/crm/properties/2026-03/${objectType}`, {
    groupName: groups[0].name,
    name,
    label: name,
    type,
    fieldType: type === 'number' ? 'number' : 'text',
    hasUniqueValue,
  });
  if (status !== 201) throw new Error(JSON.stringify(body));
}
