import type { Logger } from '../../platform/logger.js';
import type { Gateway, Permit } from '../../hubspot/gateway/gateway.js';
import type { Metrics } from '../../platform/metrics.js';
import { createCoalescer, type Coalescer } from './coalescer.js';
import type { WriteResult, WritesOf } from './recordWrite.js';
import { writeRecords, type WriteDependencies } from './writeRecords.js';

export interface PortalWritesDependencies extends WriteDependencies {
  readonly gateway: Pick<Gateway, 'request' | 'acquire' | 'blocked'>;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Of one batch, from its first request on. */
const BATCH_MS = 20_000;
/** For a turn that lets a batch be filled at the last moment. The gateway waits on for what has none by then. */
const TURN_MS = 5000;

/** Writes of this process, in as few calls as possible; `onResults` has what came of a batch before it is answered. */
export function createPortalWrites(
  { gateway, clock, logger, metrics }: PortalWritesDependencies,
  onResults: (of: WritesOf, results: readonly WriteResult[]) => Promise<void> = () => Promise.resolve(),
): Coalescer {
  const writes = createCoalescer(
    async (of, batch, permit) => {
      const results = await writeRecords(
        { gateway, clock },
        of,
        batch.map(({ write }) => write),
        { deadlineMs: BATCH_MS, keys: batch.map(({ key }) => key), ...(permit && { permit }) },
      );
      await onResults(of, results);
      return results;
    },
    ({ portalId, objectType }, error) =>
      logger.error('What became of writes of records is not known', { portalId, objectType, error }),
    { awaitTurn: (of, signal) => turnOf({ gateway, logger }, of, signal) },
  );
  watchWrites(metrics, writes);
  return writes;
}

export function watchWrites(metrics: Metrics, { waiting }: Pick<Coalescer, 'waiting'>): void {
  metrics.gauge({
    name: 'sluice_waiting_writes',
    help: 'Writes of records that wait in this process for their turn at HubSpot',
    labelNames: [],
    read: () => Promise.resolve([[{}, waiting()]]),
  });
}

/** Where the portal is blocked, or there is no turn, the batch goes without: the gateway says what is wrong. */
async function turnOf(
  { gateway, logger }: Pick<PortalWritesDependencies, 'gateway' | 'logger'>,
  { portalId, objectType }: WritesOf,
  ending: AbortSignal,
): Promise<Permit | undefined> {
  if (gateway.blocked(portalId)) return undefined;
  const signal = AbortSignal.any([ending, AbortSignal.timeout(TURN_MS)]);
  try {
    return await gateway.acquire(portalId, 'interactive', signal);
  } catch (error) {
    if (!signal.aborted)
      logger.warn('No turn can be waited for; writes go without', { portalId, objectType, error });
    return undefined;
  }
}
