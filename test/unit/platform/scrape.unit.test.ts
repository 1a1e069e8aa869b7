import { expect, it } from '@jest/globals';
import { watchPortals } from '../../../src/api/portals/watchPortals.js';
import { watchLanes } from '../../../src/api/throttle/instruments.js';
import { createMetrics } from '../../../src/platform/metrics.js';
import { watchInbox, watchOutbox } from '../../../src/services/outbox/instruments.js';

it('reads the database once in ten seconds for scrapes, however many there are, and each statement once', async () => {
  const metrics = createMetrics('test');
  const asked: string[] = [];
  const db = {
    query: (query: string | { text: string }) => {
      asked.push(typeof query === 'string' ? query : query.text);
      return Promise.resolve({ rows: [{}] });
    },
  };
  watchLanes(metrics, db as never);
  watchInbox(metrics, db as never);
  watchOutbox(metrics, db as never);
  watchPortals(metrics, db as never);
  await Promise.all(Array.from({ length: 20 }, () => metrics.render()));
  await metrics.render();
  expect(asked.length).toBeGreaterThanOrEqual(4);
  expect(asked).toEqual([...new Set(asked)]);
});
