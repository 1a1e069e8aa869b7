import type { Config } from '../../platform/config/config.js';
import { enqueueEvents, type NewEvent } from '../../db/outbox/enqueue.js';
import { forgetRemoved, moveFromForeignInbox, type ForeignInbox } from '../../db/outbox/foreignInbox.js';
import { fallAsleep, takeFromInbox, wakeUp, type InboxEvent } from '../../db/outbox/inbox.js';
import { listenToInbox, type InboxListener } from '../../db/outbox/inboxListener.js';
import { isTransientDatabaseError, type Pool, type Queryable } from '../../db/pool.js';
import type { PortalResolver } from '../../db/portals/portalResolver.js';
import { inTransaction } from '../../db/transaction.js';
import { ensureDefaultWorkspace } from '../../db/workspaces/workspaces.js';
import type { Logger } from '../../platform/logger.js';
import type { OutboxMetrics } from '../../services/outbox/instruments.js';
import { destinationOf } from '../../services/outbox/destination.js';
import { bodyHash, judgeSurely } from '../../services/outbox/judge.js';
import type { EventContext } from '../../sdk/outbox/registry/eventType.js';
import type { Registry } from '../../sdk/outbox/registry/registry.js';
import type { WakeDeliveries } from '../../services/outbox/wakeDeliveries.js';
import type { OutboxSettings } from '../../services/outbox/workspaceSettings.js';

interface Dependencies {
  readonly pool: Pool;
  readonly portalResolver: PortalResolver;
  readonly registry: Registry;
  readonly wakeDeliveries: WakeDeliveries;
  /** Where the inbox stands, if not in our own database. */
  readonly foreign?: ForeignInbox | undefined;
  readonly config: Pick<
    Config,
    'DATABASE_URL' | 'OUTBOX_DATABASE_URL' | 'HUBSPOT_PORTAL_ID' | 'OUTBOX_POLL_INTERVAL_MS'
  >;
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

const MAX_AT_ONCE = 500;
/** While events came lately, it looks again after this instead of sleeping: nobody has to wake it. */
const AWAKE_POLL_MS = 100;
const AWAKE_FOR_MS = 2000;
const RETRY_MS = 1000;

/**
 * Moves events from the inbox, into which applications capture them, to the outbox of their portal, and wakes its delivery. Any number of
 * processes may collect; each takes what no other has in hand.
 */
export function createCollector(deps: Dependencies): Collector {
  const { pool, portalResolver, config, logger, foreign } = deps;
  let stopped = false;
  let running: Promise<void> | undefined;
  let interrupt: (() => void) | undefined;

  async function collect(): Promise<number> {
    const judged: NewEvent[] = [];
    const enqueue = async (client: Queryable, events: readonly InboxEvent[]): Promise<void> => {
      const takenMs = performance.now();
      judged.splice(0, Infinity, ...(await Promise.all(events.map((event) => judgeOne(event, takenMs)))));
      const answers = await enqueueEvents(client, judged);
      const conflicts = judged.flatMap((event, n) => {
        const answer = answers[n];
        return answer?.status === 'conflict' ? [{ ...event, ...refusal(answer.eventId) }] : [];
      });
      await enqueueEvents(client, conflicts);
    };
    const taken = foreign
      ? await moveFromForeignInbox(foreign, MAX_AT_ONCE, enqueue)
      : await inTransaction(pool, async (client) => {
          const events = await takeFromInbox(client, MAX_AT_ONCE);
          await enqueue(client, events);
          return events.length;
        });
    deps.metrics.collected(taken, judged.filter(({ invalid }) => invalid !== null).length);
    await deps.wakeDeliveries(judged);
    return taken;
  }

  async function judgeOne(event: InboxEvent, sinceMs: number): Promise<NewEvent> {
    const destination = await destinationOf(event.portalId ?? config.HUBSPOT_PORTAL_ID, portalResolver, () =>
      ensureDefaultWorkspace(pool),
    );
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
      ...(await judgeSurely(event, destination, sinceMs, deps)),
    };
  }

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
        const taken = await collect();
        if (taken > 0) lastAt = performance.now();
        if (taken === MAX_AT_ONCE) continue;
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

/** An event whose key belongs to another one is kept, under no key, with the reason. */
function refusal(eventId: string): Pick<NewEvent, 'eventKey' | 'invalid'> {
  const invalid = `its key belongs to event ${eventId}, which has another type or payload: redrive it if it is meant, discard it if not`;
  return { eventKey: null, invalid };
}
