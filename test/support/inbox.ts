import type pg from 'pg';
import { createDispatcher, type Dispatcher } from '../../src/activities/outbox/dispatcher.js';
import { createPortalResolver } from '../../src/db/portals/portalResolver.js';
import { createLogger } from '../../src/platform/logger.js';
import { createMetrics } from '../../src/platform/metrics.js';
import { createRegistry } from '../../src/sdk/outbox/registry/registry.js';
import { SHIPPED } from '../../src/sdk/outbox/registry/shipped.js';
import { createOutboxInstruments } from '../../src/services/outbox/instruments.js';
import { createWorkspaceSettingsCache } from '../../src/services/outbox/workspaceSettings.js';
import type { TestDatabase } from './database.js';

/** The dispatcher of a worker; its deliveries are not woken. */
export function dispatcherOf(
  { pool }: Pick<TestDatabase, 'pool'>,
  { theirs }: { theirs?: pg.Pool } = {},
): Dispatcher {
  return createDispatcher({
    pool,
    portalResolver: createPortalResolver(pool),
    registry: createRegistry(SHIPPED),
    logger: createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
    settings: createWorkspaceSettingsCache(pool),
    options: {},
    metrics: createOutboxInstruments(createMetrics('test')),
    foreign: theirs && { ours: pool, theirs, name: 'theirs' },
    wakeDeliveries: () => Promise.resolve(),
    config: { HUBSPOT_PORTAL_ID: undefined, OUTBOX_POLL_INTERVAL_MS: 100 },
  });
}

/** What an event is made of, as SQL: any value that its column can hold. */
export type InboxValues = Readonly<Record<string, string>>;

/** Captures an event by a plain INSERT, as an application in any language may. */
export async function insertRow(db: Pick<pg.Pool, 'query'>, values: InboxValues): Promise<void> {
  await db.query(
    `INSERT INTO outbox_inbox (${Object.keys(values).join(', ')}) VALUES (${Object.values(values).join(', ')})`,
  );
}

/** A sound event of this portal. */
export function soundRow(portalId: number): InboxValues {
  return {
    type: `'nova_earned'`,
    payload: `'{"driverId": "d-1", "email": "d@example.com", "amount": 1}'`,
    portal_id: String(portalId),
  };
}

/** As the inbox was before it had bounds. */
export async function withoutBounds(db: Pick<pg.Pool, 'query'>): Promise<void> {
  await db.query('ALTER TABLE outbox_inbox DROP CONSTRAINT outbox_inbox_kept');
}
