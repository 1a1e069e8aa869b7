import type { DatabaseClock } from '../../db/clock.js';
import type { ApiCore } from '../core.js';
import type { Operation } from '../http/operation.js';
import { operationsRouter } from '../http/operationsRouter.js';
import type { ApiRoom } from '../room.js';
import { JOURNAL_OPERATIONS } from './journalOperations.js';
import type { WebhookIntake } from './webhookIntake.js';
import { WEBHOOK_OPERATIONS } from './webhookOperations.js';
import { WEBHOOK_STATUS_OPERATIONS } from './webhookStatusOperations.js';

/** HubSpot's webhooks, and what a workspace sees of them. */
export function createWebhooksRoom(
  core: ApiCore,
  intake: WebhookIntake,
  clock: Pick<DatabaseClock, 'nowMs'>,
): ApiRoom {
  const { pool, config, logger } = core;
  const deps = { pool, config, clock, logger };
  const operations: readonly Operation<typeof deps>[] = [
    ...[...WEBHOOK_OPERATIONS, ...WEBHOOK_STATUS_OPERATIONS, ...JOURNAL_OPERATIONS],
  ];
  const mount = (path: string) => ({
    path,
    router: operationsRouter(
      path,
      operations.filter((one) => one.path.startsWith(`/api${path}`)),
      deps,
      core,
    ),
  });
  return {
    signed: [intake.route],
    keyed: [mount('/webhooks'), mount('/integrations/hubspot/webhooks')],
    close: () => intake.stop(),
  };
}

/** HubSpot's webhooks and nothing else: for a process of their own. */
export function createWebhookIntakeRoom(intake: WebhookIntake): ApiRoom {
  return { signed: [intake.route], close: () => intake.stop() };
}
