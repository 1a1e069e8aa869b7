import { expect, it } from '@jest/globals';
import { startWords } from '../../../src/worker/outbox/startWords.js';

it('says at start in the words of before whether the outbox works, and how', () => {
  const words = (enabled: boolean, live: boolean) =>
    startWords({ HUBSPOT_ENABLED: enabled, HUBSPOT_SEND_LIVE: live });
  expect(words(false, true).message).toBe('HubSpot sync worker not started (HUBSPOT_ENABLED=false)');
  for (const live of [true, false]) expect(words(true, live).message).toBe('HubSpot sync worker started');
  expect(words(true, true).outbox).toBe('live');
  expect(words(true, false).outbox).toContain('dry run (HUBSPOT_SEND_LIVE=false)');
});
