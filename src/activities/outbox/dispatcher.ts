import { forgetRemoved } from '../../db/outbox/foreignInbox.js';
import { inboxHasEvents } from '../../db/outbox/inbox.js';
import { isTransientDatabaseError } from '../../db/pool.js';
import type { Config } from '../../platform/config/config.js';
import { dispatchInbox, type DispatchDependencies } from './dispatchInbox.js';
import { crashPoint } from '../../platform/crashPoint.js';

type Dependencies = DispatchDependencies & {
  readonly config: Pick<Config, 'OUTBOX_POLL_INTERVAL_MS'>;
};

export interface Dispatcher {
  /** Moves what is in the inbox now. Returns how many events that were. */
  dispatch(): Promise<number>;
  /** Dispatches from now on, until `stop`. */
  start(): void;
  stop(): Promise<void>;
}

const MAX_AT_ONCE = 500;
const RETRY_MS = 1000;
const NOTHING = { moved: 0, more: false };

/**
 * Looks after the inbox, into which applications capture events: looks whether there are any, and moves them. Nothing
 * wakes it, so a capture costs its caller a row and no more.
 */
export function createDispatcher(deps: Dependencies): Dispatcher {
  const { config, logger, foreign, pool } = deps;
  let stopped = false;
  let running: Promise<void> | undefined;
  let interrupt: (() => void) | undefined;

  const dispatch = () => dispatchInbox(deps, MAX_AT_ONCE);

  async function run(): Promise<void> {
    let isForgotten = foreign === undefined;
    while (!stopped) {
      try {
        if (foreign && !isForgotten) {
          await forgetRemoved(foreign);
          crashPoint('outbox.inbox.opened');
        }
        isForgotten = true;
        const { more } = (await inboxHasEvents(foreign?.theirs ?? pool)) ? await dispatch() : NOTHING;
        if (!more) await pause(config.OUTBOX_POLL_INTERVAL_MS);
      } catch (error) {
        if (!isTransientDatabaseError(error))
          logger.error('The inbox of the outbox cannot be dispatched', { error });
        isForgotten = foreign === undefined;
        await pause(RETRY_MS);
      }
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        interrupt = undefined;
        resolve();
      };
      const timer = setTimeout(end, ms);
      interrupt = end;
      if (stopped) end();
    });
  }

  return {
    dispatch: async () => (await dispatch()).moved,
    start() {
      running ??= run();
    },
    async stop() {
      stopped = true;
      interrupt?.();
      await running;
    },
  };
}
