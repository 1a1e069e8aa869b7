import type { OwnedEvent } from '../../db/webhooks/intake.js';
import type { TypeCount } from '../../db/webhooks/status.js';
import type { Logger } from '../../platform/logger.js';
import { createSeldom } from '../../platform/seldom.js';

/** What has come of each type, for people: noted together, and never in the way of an answer to HubSpot. */
export interface EventCounts {
  add(received: readonly OwnedEvent[], late: readonly OwnedEvent[]): void;
  /** Notes what was not noted yet. */
  stop(): Promise<void>;
}

const EVERY_MS = 2000;

interface Dependencies {
  readonly count: (counts: readonly TypeCount[]) => Promise<void>;
  readonly logger: Logger;
}

/**
 * What a process that dies has not noted is missing, and so is what the database does not take: they are for looking.
 */
export function createEventCounts({ count, logger }: Dependencies): EventCounts {
  let counts = new Map<string, TypeCount>();
  let timer: NodeJS.Timeout | undefined;
  let noting: Promise<void> = Promise.resolve();
  const seldom = createSeldom();

  function add(events: readonly OwnedEvent[], of: 'received' | 'late'): void {
    for (const { workspaceId, event } of events) {
      const objectType = event.records[0]?.objectType;
      if (objectType === undefined) continue;
      const key = `${workspaceId} ${event.portalId} ${objectType}`;
      const one = counts.get(key) ?? {
        workspaceId,
        portalId: event.portalId,
        objectType,
        received: 0,
        late: 0,
      };
      counts.set(key, { ...one, [of]: one[of] + 1 });
    }
  }

  async function note(): Promise<void> {
    timer = undefined;
    const noted = [...counts.values()];
    counts = new Map();
    if (noted.length === 0) return;
    try {
      await count(noted);
    } catch (error) {
      const said = seldom('count');
      if (said) logger.warn('Events of webhooks could not be counted; they were taken', { error, ...said });
    }
  }

  return {
    add(received, late) {
      add(received, 'received');
      add(late, 'late');
      timer ??= setTimeout(() => {
        noting = note();
      }, EVERY_MS).unref();
    },
    async stop() {
      clearTimeout(timer);
      await noting;
      await note();
    },
  };
}
