import { keepHandlerConsumers } from '../../db/crm/handlerConsumers.js';
import type { Pool } from '../../db/pool.js';
import type { Logger } from '../../platform/logger.js';
import type { ChangeHandler } from '../../sdk/client/changeHandler.js';
import type { Sweep } from '../reconciler.js';

/** Of a round: the next one goes on. */
const MOST_OF_A_ROUND = 500;

interface Dependencies {
  readonly pool: Pool;
  readonly handlers: ReadonlyMap<string, ChangeHandler>;
  readonly logger: Pick<Logger, 'info' | 'error'>;
}

/** Sees to it that each workspace has the consumers whose handlers are defined here, with what they want. */
export function handlersSweep({ pool, handlers, logger }: Dependencies): Sweep {
  const wanted = [...handlers.values()].map(({ consumer, wants = {} }) => ({
    name: consumer,
    portalIds: wants.portalIds ?? null,
    objectTypes: wants.objectTypes ?? null,
    actions: wants.actions ?? null,
    initial: wants.initial ?? true,
  }));
  // By who started last, and not by turns while two versions run at once.
  let isSet = false;
  const said = new Set<string>();
  return {
    name: 'handlersOfChanges',
    everyMs: 5000,
    timeoutMs: 20_000,
    async run() {
      const done = await keepHandlerConsumers(pool, wanted, { set: !isSet, most: MOST_OF_A_ROUND });
      isSet = true;
      const refused = done.filter(({ did }) => did === 'taken' || did === 'full');
      for (const { workspaceId, name, did } of refused) {
        if (said.has(`${workspaceId} ${name} ${did}`)) continue;
        said.add(`${workspaceId} ${name} ${did}`);
        const why = did === 'taken' ? 'a consumer has its name' : 'the workspace has as many as it may';
        logger.error(`A handler of changes is not called: ${why}`, { workspaceId, consumer: name });
      }
      return done.length - refused.length;
    },
  };
}
