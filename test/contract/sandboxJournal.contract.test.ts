import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { PORTAL } from '../integration/sandbox/harness.js';
import {
  JOURNAL,
  startJournal,
  SUBSCRIPTIONS,
  type JournalHarness,
} from '../integration/sandbox/journalHarness.js';
import { describedOperations } from '../support/openapi.js';
import { describeAgainstHubSpot } from '../support/openapiAnswers.js';

const shapeOf = (operation: string) => operation.replace(/\{\w+\}/g, '{}');
/** Pictures of records at a moment: nothing asks for them. */
const LEFT_OUT = /snapshots|\/status\//;

describeAgainstHubSpot("the sandbox's webhooks journal answers by HubSpot's description", (hubspot) => {
  let journal: JournalHarness;
  const asked = new Set<string>();
  beforeAll(async () => {
    journal = await startJournal();
  });
  afterAll(() => journal.close());

  async function call(method: string, url: string, status: number, body?: unknown) {
    const answer = await journal.call(method, url, body);
    const request = { method, url, contentType: 'application/json', body };
    const given = {
      ...{ status: answer.status, body: answer.body },
      contentType: answer.headers.get('content-type') ?? undefined,
    };
    const problems = [...(status < 400 ? hubspot.request(request) : []), ...hubspot.answer(request, given)];
    expect([method, url, answer.status, problems]).toEqual([method, url, status, []]);
    expect(hubspot.exemptions(request)).toEqual(['daily', 'ten-secondly']);
    asked.add(shapeOf(hubspot.operation(request)));
    return answer.body;
  }
  const types = {
    OBJECT: { actions: ['CREATE'], objectTypeId: '0-1', objectIds: [], properties: [] },
    ASSOCIATION: {
      ...{
        actions: ['ASSOCIATION_ADDED'],
        objectTypeId: '0-1',
        objectIds: [],
        associatedObjectTypeIds: ['0-2'],
      },
    },
    GDPR_PRIVACY_DELETION: { actions: ['GDPR_DELETE'], objectTypeId: '0-1' },
    LIST_MEMBERSHIP: { actions: ['ADDED_TO_LIST'], objectIds: [], listIds: [] },
  };

  it('subscriptions of each type, and their filters', async () => {
    const ids: number[] = [];
    for (const [subscriptionType, plan] of Object.entries(types)) {
      const made = await call('POST', SUBSCRIPTIONS, 200, { subscriptionType, portalId: PORTAL, ...plan });
      ids.push(made.id);
      await call('GET', `${SUBSCRIPTIONS}/${made.id}`, 200);
    }
    const lifecycle = { subscriptionType: 'APP_LIFECYCLE_EVENT', eventTypeId: '4-1916193', properties: [] };
    await call('POST', SUBSCRIPTIONS, 200, lifecycle);
    await call('POST', SUBSCRIPTIONS, 400, { subscriptionType: 'OBJECT' });
    await call('GET', SUBSCRIPTIONS, 200);
    const conditions = [
      { filterType: 'CRM_OBJECT_PROPERTY', operator: 'IN', property: 'city', values: ['Bern'] },
    ];
    const { filterId } = await call('POST', `${SUBSCRIPTIONS}/filters`, 200, {
      ...{ subscriptionId: ids[0], filter: { conditions } },
    });
    await call('GET', `${SUBSCRIPTIONS}/filters/${filterId}`, 200);
    await call('GET', `${SUBSCRIPTIONS}/filters/subscription/${ids[0]}`, 200);
    await call('DELETE', `${SUBSCRIPTIONS}/filters/${filterId}`, 204);
    await call('GET', `${SUBSCRIPTIONS}/filters/${filterId}`, 404);
    await call('DELETE', `${SUBSCRIPTIONS}/${ids[1]}`, 204);
    await call('GET', `${SUBSCRIPTIONS}/${ids[1]}`, 404);
  });

  it.each([JOURNAL, JOURNAL.replace('journal/2026', 'journal-local/2026')])(
    'files under %s',
    async (path) => {
      await journal.create('contacts', { firstname: 'Ada' });
      await call('GET', `${path}/earliest?installPortalId=${PORTAL}`, 200);
      const { currentOffset } = await call('GET', `${path}/latest`, 200);
      await call('GET', `${path}/offset/${currentOffset}/next`, 204);
      await call('GET', `${path}/offset/550e8400-e29b-41d4-a716-446655440000/next`, 404);
      await call('GET', `${path}/batch/earliest/10`, 200);
      await call('GET', `${path}/batch/latest/10`, 200);
      await call('GET', `${path}/batch/latest/0`, 400);
      await call('GET', `${path}/batch/${currentOffset}/next/10`, 200);
      await call('POST', `${path}/batch/read`, 200, { inputs: [currentOffset] });
      const other = '550e8400-e29b-41d4-a716-446655440000';
      await call('POST', `${path}/batch/read`, 207, { inputs: [currentOffset, other] });
    },
  );

  it('has each operation that is described', async () => {
    await call('DELETE', `${SUBSCRIPTIONS}/portals/${PORTAL}`, 204);
    const described = describedOperations(['webhooks-journal']).filter((one) => !LEFT_OUT.test(one));
    expect([...asked].sort()).toEqual([...new Set(described.map(shapeOf))].sort());
  });
});
