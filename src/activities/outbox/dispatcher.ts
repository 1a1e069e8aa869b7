import { forgetRemoved } from '../../db/outbox/foreignInbox.js';
import { fallAsleep, wakeUp } from '../../db/outbox/inbox.js';
import { listenToInbox, type InboxListener } from '../../db/outbox/inboxListener.js';
import { isTransientDatabaseError } from '../../db/pool.js';
import type { Config } from '../../platform/config/config.js';
import { dispatchInbox, type DispatchDependencies } from './dispatchInbox.js';

type Dependencies = DispatchDependencies & {
  readonly config: Pick<Config, 'DATABASE_URL' | 'OUTBOX_DATABASE_URL' | 'OUTBOX_POLL_INTERVAL_MS'>;
};

export interface Dispatcher {
  /** Moves what is in the inbox now. Returns how many events that were. */
  dispatch(): Promise<number>;
  /** Dispatches from now on, until `stop`. */
  start(): void;
  stop(): Promise<void>;
}

const MAX_AT_ONCE = 500;
/** While events came lately, it looks again after this instead of sleeping: then no capture has to wake it. */
const AWAKE_POLL_MS = 100;
const AWAKE_FOR_MS = 2000;
const RETRY_MS = 1000;

/**
 * Looks after the inbox, into which applications capture events: sleeps while nothing comes, and is woken by
 * captures.
 */
export function createDispatcher(deps: Dependencies): Dispatcher {
  const { config, logger, foreign } = deps;
  let stopped = false;
  let running: Promise<void> | undefined;
  let interrupt: (() => void) | undefined;

  const dispatch = () => dispatchInbox(deps, MAX_AT_ONCE);

  async function run(): Promise<void> {
    let listener: InboxListener | undefined;
    let lastAt = -Infinity;
    while (!stopped) {
      try {
        if (!listener) {
          listener = await listenToInbox(config.OUTBOX_DATABASE_URL ?? config.DATABASE_URL, () =>
            interrupt?.(),
          );
          if (foreign) await forgetRemoved(foreign);
        }
        const taken = await dispatch();
        if (taken > 0) lastAt = performance.now();
        if (taken === MAX_AT_ONCE) continue;
        const awake = performance.now() - lastAt < AWAKE_FOR_MS;
        if (awake || !(await fallAsleep(listener))) {
          await pause(AWAKE_POLL_MS);
          continue;
        }
        // A capture before it slept sent no notification: its event is there now. One after that sends one.
        if ((await dispatch()) === 0) await pause(config.OUTBOX_POLL_INTERVAL_MS);
        await wakeUp(listener);
      } catch (error) {
        if (!isTransientDatabaseError(error))
          logger.error('The inbox of the outbox cannot be dispatched', { error });
        await close(listener);
        listener = undefined;
        await pause(RETRY_MS);
      }
    }
    await close(listener);
  }

  async function close(listener: InboxListener | undefined): Promise<void> {
    await listener
      ?.end()
      .catch((error: unknown) =>
        logger.debug('The connection that listens to the inbox could not be ended in order', { error }),
      );
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
    dispatch,
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
