import type { Config } from '../../config.js';
import { enqueueEvents, type NewEvent } from '../../db/outbox/enqueue.js';
import { fallAsleep, takeFromInbox, wakeUp, type InboxEvent } from '../../db/outbox/inbox.js';
import { listenToInbox, type InboxListener } from '../../db/outbox/inboxListener.js';
import { isTransientDatabaseError, type Pool } from '../../db/pool.js';
import type { PortalDirectory } from '../../db/portalDirectory.js';
import { inTransaction } from '../../db/transaction.js';
import { ensureDefaultWorkspace } from '../../db/workspaces.js';
import type { Logger } from '../../logger.js';
import type { OutboxMetrics } from '../../outbox/metrics.js';
import { destinationOf } from '../../outbox/destination.js';
import { bodyHash, judge } from '../../outbox/judge.js';
import type { EventContext } from '../../outbox/registry/eventType.js';
import type { Registry } from '../../outbox/registry/registry.js';
import type { WakeDeliveries } from '../../outbox/wakeDeliveries.js';
import type { OutboxSettings } from '../../outbox/workspaceSettings.js';

interface Dependencies {
  readonly pool: Pool;
  readonly directory: PortalDirectory;
  readonly registry: Registry;
  readonly wakeDeliveries: WakeDeliveries;
  readonly config: Pick<Config, 'DATABASE_URL' | 'HUBSPOT_PORTAL_ID' | 'OUTBOX_POLL_INTERVAL_MS'>;
  readonly settings: OutboxSettings;
  readonly options: Pick<EventContext, 'contactKeyProperty'>;
  readonly logger: Logger;
  readonly metrics: Pick<OutboxMetrics, 'collected'>;
}

export interface Collector {
  /** Takes what is in the inbox now. Returns how many events that were. */
  collect(): Promise<number>;
  /** Collects from now on, until `stop`. */
  start(): void;
  stop(): Promise<void>;
}

const MOST_AT_ONCE = 500;
/** While events came lately, it looks again after this instead of sleeping: nobody has to wake it. */
const AWAKE_POLL_MS = 100;
const AWAKE_FOR_MS = 2000;
const RETRY_MS = 1000;

/**
 * Moves events from the inbox, into which applications capture them, to the outbox of their portal, and wakes its delivery. Any number of
 * processes may collect; each takes what no other has in hand.
 */
export function createCollector(deps: Dependencies): Collector {
  const { pool, directory, registry, config, logger } = deps;
  let stopped = false;
  let running: Promise<void> | undefined;
  let interrupt: (() => void) | undefined;

  async function collect(): Promise<number> {
    const { taken, judged } = await inTransaction(pool, async (client) => {
      const events = await takeFromInbox(client, MOST_AT_ONCE);
      const judged = await Promise.all(events.map(judgeOne));
      const enqueued = await enqueueEvents(client, judged);
      enqueued.forEach(({ status, eventId }, n) => {
        if (status === 'conflict')
          logger.warn('An event was dropped: its key was used before, with another payload', {
            eventId,
            type: judged[n]?.type,
          });
      });
      return { taken: events.length, judged };
    });
    deps.metrics.collected(taken, judged.filter(({ invalid }) => invalid !== null).length);
    await deps.wakeDeliveries(judged);
    return taken;
  }

  async function judgeOne(event: InboxEvent): Promise<NewEvent> {
    const destination = await destinationOf(event.portalId ?? config.HUBSPOT_PORTAL_ID, directory, () =>
      ensureDefaultWorkspace(pool),
    );
    const settings = await deps.settings.of(destination.workspaceId);
    const payload = JSON.stringify(event.payload ?? null);
    return {
      workspaceId: destination.workspaceId,
      portalId: destination.portalId,
      id: event.id,
      type: event.type,
      eventKey: event.eventKey,
      bodyHash: bodyHash(event.type, payload),
      payload,
      occurredAt: event.occurredAt,
      capturedAt: event.capturedAt,
      ...judge(event, destination, registry, settings, deps.options),
    };
  }

  async function run(): Promise<void> {
    let listener: InboxListener | undefined;
    let lastAt = -Infinity;
    while (!stopped) {
      try {
        listener ??= await listenToInbox(config, () => interrupt?.());
        const taken = await collect();
        if (taken > 0) lastAt = performance.now();
        if (taken === MOST_AT_ONCE) continue;
        const awake = performance.now() - lastAt < AWAKE_FOR_MS;
        if (awake || !(await fallAsleep(listener))) {
          await pause(AWAKE_POLL_MS);
          continue;
        }
        // What was captured before it slept was told nobody: it is there, or comes with a notification.
        if ((await collect()) === 0) await pause(config.OUTBOX_POLL_INTERVAL_MS);
        await wakeUp(listener);
      } catch (error) {
        if (!isTransientDatabaseError(error))
          logger.error('The inbox of the outbox cannot be collected', { error });
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
    collect,
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
