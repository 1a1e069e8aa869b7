import type { DatabaseClock } from '../../db/clock.js';
import type { Pool } from '../../db/pool.js';
import { writeDeletes } from '../../db/sync/results.js';
import { inWorkspace } from '../../db/tenant.js';
import type { Gateway } from '../../hubspot/gateway/gateway.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { Logger } from '../../platform/logger.js';
import { failureOf, type Failure } from '../outbox/delivery/failure.js';
import type { WritesOf } from './recordWrite.js';

export interface WriteThroughDependencies {
  readonly pool: Pool;
  readonly gateway: Pick<Gateway, 'request'>;
  readonly clock: Pick<DatabaseClock, 'nowMs'>;
  readonly logger: Logger;
}

export type Deleted =
  | { readonly state: 'done'; readonly answeredMs: number }
  | { readonly state: 'failed'; readonly failure: Failure };

const REQUEST_MS = 15_000;

/** Brings a record to HubSpot's recycle bin, and out of the mirror. One that is not there is there already. */
export async function deleteRecord(
  { pool, gateway, clock, logger }: WriteThroughDependencies,
  of: WritesOf,
  id: string,
): Promise<Deleted> {
  const { portalId, objectType } = of;
  const outcome = await gateway.request({
    ...{ resource: 'archiveObject', params: { objectType, objectId: id } },
    ...{ portalId, workspaceId: of.workspaceId, priority: 'interactive', deadlineMs: REQUEST_MS },
  });
  if (outcome.kind !== 'ok' && outcome.kind !== 'partial' && outcome.kind !== 'notFound')
    return { state: 'failed', failure: failureOf(outcome, { harmless: true }) };
  const answeredMs = clock.nowMs();
  crashPoint('writes.delete.answered');
  try {
    await inWorkspace(pool, of.workspaceId, (client) => writeDeletes(client, of, [id], new Date(answeredMs)));
  } catch (error) {
    logger.warn('What was deleted could not be taken out of the mirror; sync does it', {
      ...{ portalId, objectType, error },
    });
  }
  return { state: 'done', answeredMs };
}
