import { createRunInstruments } from '../../src/services/actions/instruments.js';
import { createReleaseInstruments } from '../../src/activities/throttle/instruments.js';
import { createNoticeInstruments } from '../../src/activities/workspaces/instruments.js';
import { createActionIntakeInstruments } from '../../src/api/actions/instruments.js';
import { createHttpInstruments, watchClock } from '../../src/api/http/instruments.js';
import { watchPortals } from '../../src/api/portals/watchPortals.js';
import { createIntakeInstruments, watchLanes } from '../../src/api/throttle/instruments.js';
import { createWebhookInstruments } from '../../src/api/webhooks/instruments.js';
import { createHubSpotInstruments } from '../../src/hubspot/gateway/instruments.js';
import { createTokenInstruments } from '../../src/hubspot/tokens/instruments.js';
import { watchChecks } from '../../src/platform/announce.js';
import { createMetrics } from '../../src/platform/metrics.js';
import { createAuditInstruments } from '../../src/services/audit/instruments.js';
import { createOutboxInstruments, watchInbox, watchOutbox } from '../../src/services/outbox/instruments.js';
import { createFeedInstruments } from '../../src/activities/crm/instruments.js';
import { createJournalInstruments } from '../../src/services/webhooks/journalInstruments.js';
import { STEPS } from '../../src/domain/register/steps.js';
import { countTurnedAway, createRegisterInstruments } from '../../src/services/register/instruments.js';
import { watchWrites } from '../../src/services/writes/portalWrites.js';
import { createSyncInstruments, watchSyncs } from '../../src/services/sync/instruments.js';
import { watchSweeps } from '../../src/worker/reconciler.js';

/** Every instrument of API and worker together, over a database that is away. */
export function createAllInstruments() {
  const metrics = createMetrics('test');
  const db = { query: () => Promise.reject(new Error('no database is asked here')) };
  watchLanes(metrics, db);
  watchOutbox(metrics, db);
  watchInbox(metrics, db);
  watchPortals(metrics, db);
  watchSyncs(metrics, db);
  createHttpInstruments(metrics);
  watchClock(metrics, { driftMs: () => 0 });
  createIntakeInstruments(metrics);
  createActionIntakeInstruments(metrics);
  createRunInstruments(metrics, []);
  createWebhookInstruments(metrics);
  createAuditInstruments(metrics);
  createOutboxInstruments(metrics);
  createTokenInstruments(metrics);
  createNoticeInstruments(metrics);
  createSyncInstruments(metrics);
  countTurnedAway(metrics);
  createRegisterInstruments(metrics, STEPS);
  createJournalInstruments(metrics, () => Promise.resolve(undefined));
  createFeedInstruments(metrics, {
    consumers: () => Promise.resolve({ consumers: 0, behind: 0, failing: 0, unreadSeconds: 0 }),
    heldSeconds: () => Promise.resolve(0),
  });
  watchWrites(metrics, { waiting: () => 0 });
  watchSweeps(metrics, []);
  watchChecks(metrics, [], () => true);
  const releases = createReleaseInstruments(metrics);
  const hubspot = createHubSpotInstruments(metrics);
  return { metrics, releases, hubspot };
}
