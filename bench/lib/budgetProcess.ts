import { Agent, request } from 'undici';
import { createPool } from '../../src/db/pool.js';
import { createPortalResolver } from '../../src/db/portals/portalResolver.js';
import { createBudget } from '../../src/hubspot/budget/budget.js';
import { createPortalWorkspaces } from '../../src/hubspot/budget/portalWorkspaces.js';
import { createLogger } from '../../src/platform/logger.js';
import { Secret } from '../../src/platform/secret.js';

/**
 * One process that shares a portal's budget with others: endless work through src/hubspot/budget/budget.ts, until it
 * is ended.
 */
const [databaseUrl = '', url = '', token = '', portal = ''] = process.argv.slice(2);
const LIMIT = { slots: 110, intervalMs: 10_000 };
const CALLERS = 64;

process.on('disconnect', () => process.exit()); // who started it is gone

const logger = createLogger({ LOG_LEVEL: 'warn', LOG_FORMAT: 'json' }, 'budget');
const pool = createPool(
  { DATABASE_URL: new Secret(databaseUrl), DATABASE_POOL_SIZE: 2 },
  { applicationName: 'sluice-bench', logger },
);
const budget = createBudget({
  pool,
  owner: `bench:${process.pid}`,
  bucket: 'ten_secondly',
  ...LIMIT,
  workspaces: createPortalWorkspaces(createPortalResolver(pool)),
  logger,
});
const dispatcher = new Agent({ connections: CALLERS, pipelining: 1 });

async function call(): Promise<void> {
  const permit = await budget.acquire(Number(portal), 'completion');
  const { body } = await request(url, { dispatcher, headers: { authorization: `Bearer ${token}` } });
  await body.dump();
  permit.use(0);
}

await Promise.all(
  Array.from({ length: CALLERS }, async () => {
    for (;;) await call();
  }),
);
