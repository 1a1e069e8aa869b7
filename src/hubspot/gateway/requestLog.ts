import type { Queryable } from '../../db/pool.js';
import { insertRequests, type LoggedRequest } from '../../db/hubspot/requestLog.js';
import type { Logger } from '../../platform/logger.js';
import { createFlusher } from './flusher.js';
import type { PortalWorkspaces } from '../budget/portalWorkspaces.js';

/**
 * The log of requests to HubSpot. It is written in batches, and no request waits for it: when the database does not
 * keep up, lines are dropped and counted.
 */
export interface RequestLog {
  write(request: Omit<LoggedRequest, 'workspaceId' | 'ageMs'>): void;
  /** Writes the lines that are left. */
  stop(): Promise<void>;
}

interface Dependencies {
  pool: Queryable;
  workspaces: PortalWorkspaces;
  logger: Logger;
  metrics?: { requestLogDropped(count: number): void };
  /** How many lines may wait. */
  maxWaiting?: number;
}

const EVERY_MS = 1000;
const MAX_PER_STATEMENT = 1000;
const MAX_WAITING = 20_000;

export function createRequestLog(deps: Dependencies): RequestLog {
  const { pool, workspaces, logger, metrics, maxWaiting = MAX_WAITING } = deps;
  let waiting: { at: number; request: Omit<LoggedRequest, 'workspaceId' | 'ageMs'> }[] = [];
  let failing = false;
  const flusher = createFlusher(EVERY_MS, flush);

  async function flush(): Promise<{ again: boolean }> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MAX_PER_STATEMENT);
      try {
        await workspaces.learn(batch.map(({ request }) => request.portalId));
        const now = performance.now();
        const lines = batch.flatMap(({ at, request }) => {
          const workspaceId = workspaces.known(request.portalId);
          return workspaceId === undefined ? [] : [{ ...request, workspaceId, ageMs: now - at }];
        });
        if (lines.length > 0) await insertRequests(pool, lines);
        failing = false;
        waiting = waiting.slice(batch.length);
      } catch (error) {
        if (!failing) logger.warn('Requests to HubSpot cannot be logged; trying again', { error });
        failing = true;
        return { again: true };
      }
    }
    return { again: false };
  }

  return {
    write(request) {
      if (waiting.length >= maxWaiting) return metrics?.requestLogDropped(1);
      waiting.push({ at: performance.now(), request });
      if (waiting.length >= MAX_PER_STATEMENT && !failing) flusher.now();
      else flusher.soon();
    },
    async stop() {
      await flusher.stop();
      if (waiting.length > 0) metrics?.requestLogDropped(waiting.length);
    },
  };
}
