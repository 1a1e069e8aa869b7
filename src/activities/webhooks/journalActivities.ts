import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { Config } from '../../platform/config/config.js';
import { createKeyedBackoff } from '../../platform/keyedBackoff.js';
import {
  followJournal,
  type JournalDependencies,
  type JournalProgress,
} from '../../services/webhooks/followJournal.js';
import { subscribeJournal } from '../../services/webhooks/subscribeJournal.js';
import type { JournalSubscriptionsResult, JournalTurnResult } from '../../temporal/webhooks/contract.js';

export type JournalActivities = ReturnType<typeof createJournalActivities>;

/** Then the workflow sees what the turn came to, and the subscriptions are looked at. */
const TURN_MS = 15_000;
const ALIVE_EVERY_MS = 3000;

interface Dependencies extends JournalDependencies {
  readonly config: Pick<
    Config,
    'WEBHOOKS_JOURNAL' | 'WEBHOOKS_JOURNAL_POLL_MS' | 'WEBHOOKS_JOURNAL_SUBSCRIPTIONS'
  >;
  /** The worker is asked to stop. */
  readonly stopping: AbortSignal;
}

/** What HubSpot refuses, for want of a scope most often, is tried again so much later. */
const REFUSED = { firstMs: 10 * 60_000, maxMs: 3_600_000 };

export function createJournalActivities({ config, stopping, ...deps }: Dependencies) {
  const refusals = createKeyedBackoff(REFUSED);
  return {
    /** One turn. Safe to repeat and to run twice at once: whoever has no place does nothing. */
    async readJournal(): Promise<JournalTurnResult> {
      let progress: JournalProgress = { offset: null, files: 0, events: 0 };
      if (!config.WEBHOOKS_JOURNAL) return { ...progress, ended: 'off', nextInMs: 0 };
      const signs = setInterval(() => heartbeat(progress), ALIVE_EVERY_MS);
      try {
        return await followJournal(deps, {
          signal: AbortSignal.any([cancellationSignal(), stopping]),
          untilMs: performance.now() + TURN_MS,
          pollMs: config.WEBHOOKS_JOURNAL_POLL_MS,
          onProgress: (now) => (progress = now),
        });
      } finally {
        clearInterval(signs);
      }
    },

    /** One round. Safe to repeat. */
    async keepJournalSubscriptions(): Promise<JournalSubscriptionsResult | undefined> {
      if (!config.WEBHOOKS_JOURNAL) return undefined;
      const signs = setInterval(() => heartbeat(), ALIVE_EVERY_MS);
      try {
        return await subscribeJournal(
          { ...deps, refusals },
          {
            most: config.WEBHOOKS_JOURNAL_SUBSCRIPTIONS,
            signal: AbortSignal.any([cancellationSignal(), stopping]),
          },
        );
      } finally {
        clearInterval(signs);
      }
    },
  };
}
