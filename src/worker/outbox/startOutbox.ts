import type { Logger } from '../../platform/logger.js';
import { isTransientDatabaseError } from '../../db/pool.js';
import { CHECKS } from '../../services/checks.js';
import { NOT_STARTED } from './startWords.js';

/** How often it is looked whether there is somebody to send to now. */
const LOOK_EVERY_MS = 1000;

interface Dependencies {
  readonly logger: Logger;
  /** Why nothing could be sent; undefined: something can. */
  readonly whyNobody: () => Promise<string | undefined>;
  readonly start: () => void;
  readonly everyMs?: number;
}

/**
 * Starts the outbox when there is somebody to send to. Until then one line says what to do, and what is captured stays
 * in the inbox: moved on, it would end as dead letters. The process itself runs, so that the first portal can be
 * connected.
 */
export function startWhenSomebody({ logger, whyNobody, start, everyMs = LOOK_EVERY_MS }: Dependencies): {
  stop: () => void;
} {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let said: string | undefined;

  async function lookForSomebody(): Promise<void> {
    try {
      const reason = await whyNobody();
      if (stopped) return;
      if (reason === undefined) return start();
      if (reason !== said)
        logger.error(`${NOT_STARTED} (HUBSPOT_SEND_LIVE=true, ${reason}). ${CHECKS.sending.mend}`);
      said = reason;
    } catch (error) {
      if (!isTransientDatabaseError(error))
        logger.error('Whether there is a portal to send to cannot be read', { error });
    }
    if (!stopped) timer = setTimeout(() => void lookForSomebody(), everyMs);
  }
  void lookForSomebody();
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
