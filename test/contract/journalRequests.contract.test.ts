import { expect, it } from '@jest/globals';
import { planJournal } from '../../src/domain/webhooks/journalPlan.js';
import {
  journalCall,
  type JournalRequest,
  type JournalRequestKind,
} from '../../src/hubspot/wire/journalRequests.js';
import { bodyOf } from '../../src/services/webhooks/subscribeJournal.js';
import { describeAgainstHubSpot } from '../support/openapiAnswers.js';

/* Every request of the webhooks journal, and each subscription that is asked for, against HubSpot's own description. */

const VERSIONS = { HUBSPOT_API_VERSION: '2026-03', HUBSPOT_API_VERSIONS: {} } as const;
const SAMPLES: { [Kind in JournalRequestKind]: readonly JournalRequest[] } = {
  earliest: [{ kind: 'earliest' }],
  next: [{ kind: 'next', offset: '550e8400-e29b-41d4-a716-446655440000' }],
  subscriptions: [{ kind: 'subscriptions' }],
  subscribe: planJournal([{ portalId: 1, objectType: 'contacts' }], [], 50).subscribe.map((one) => ({
    kind: 'subscribe',
    body: bodyOf(one),
  })),
  unsubscribe: [{ kind: 'unsubscribe', subscriptionId: 7 }],
};

describeAgainstHubSpot(
  "requests of the webhooks journal are as HubSpot's description has them",
  (hubspot) => {
    it.each(Object.keys(SAMPLES) as JournalRequestKind[])('%s', (kind) => {
      expect(SAMPLES[kind].length).toBeGreaterThan(0);
      for (const sample of SAMPLES[kind]) {
        const { method, path, body } = journalCall(sample, VERSIONS);
        const request = { method, url: path, contentType: 'application/json', body };
        expect(hubspot.request(request)).toEqual([]);
        expect(hubspot.exemptions(request)).toEqual(['daily', 'ten-secondly']);
      }
    });
  },
);
