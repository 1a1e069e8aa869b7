import { openBreakers } from '../../db/hubspot/budgetUsage.js';
import { budgetFreeSlots } from '../../db/hubspot/budgetFreeSlots.js';
import type { Queryable } from '../../db/pool.js';
import { dayLimitShares } from '../../db/portals/dayLimits.js';
import { portalStats } from '../../db/portals/portalStats.js';
import { remembered, type Metrics } from '../../platform/metrics.js';

const MAX_BUDGETS_SHOWN = 200;
const MAX_DAYS_SHOWN = 50;

/** Read from the database at each scrape; one process per deployment is enough. */
export function watchPortals(metrics: Metrics, db: Queryable): void {
  const stats = remembered(() => portalStats(db));
  const freeSlots = remembered(() => budgetFreeSlots(db, MAX_BUDGETS_SHOWN));
  const days = remembered(() => dayLimitShares(db, MAX_DAYS_SHOWN));
  const breakers = remembered(() => openBreakers(db));
  metrics.gauge({
    name: 'sluice_portals',
    help: 'Portals, by state',
    labelNames: ['state'],
    read: async () => (await stats()).map(({ state, portals }) => [{ state }, portals]),
  });
  metrics.gauge({
    name: 'sluice_portals_refresh_failing',
    help: 'Portals whose last refresh failed, by state',
    labelNames: ['state'],
    read: async () => (await stats()).map(({ state, failing }) => [{ state }, failing]),
  });
  metrics.gauge({
    name: 'sluice_token_overdue_seconds',
    help: 'For how long the token of a portal in use has outlived its end at the most, by state',
    labelNames: ['state'],
    read: async () => (await stats()).map(({ state, overdueSeconds }) => [{ state }, overdueSeconds]),
  });
  metrics.gauge({
    name: 'sluice_budget_free_slots',
    help: `Slots of HubSpot's limit that are free now, of the ${MAX_BUDGETS_SHOWN} portals with the fewest`,
    labelNames: ['portal', 'ring'],
    read: async () =>
      (await freeSlots()).map(({ portalId, ring, free }) => [{ portal: portalId, ring }, free]),
  });
  metrics.gauge({
    name: 'sluice_day_limit_used_share',
    help: `Share of HubSpot's limit for the day that is used, of the ${MAX_DAYS_SHOWN} portals with the largest`,
    labelNames: ['portal'],
    read: async () => (await days()).map(({ portalId, share }) => [{ portal: portalId }, share]),
  });
  metrics.gauge({
    name: 'sluice_breaker_open_portals',
    help: 'Portals whose circuit breaker is open or half-open',
    labelNames: [],
    read: async () => [[{}, await breakers()]],
  });
}
