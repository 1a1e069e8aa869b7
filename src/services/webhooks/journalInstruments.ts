import type { JournalStanding } from '../../db/webhooks/journal.js';
import type { JournalFile } from '../../domain/webhooks/journalEvent.js';
import type { JournalMetrics as ClientMetrics } from '../../hubspot/journal/journalClient.js';
import { remembered, type Metrics } from '../../platform/metrics.js';
import type { StoredFile } from './storeJournalFile.js';

export interface JournalMetrics {
  file(file: JournalFile, stored: StoredFile): void;
  failed(code: string): void;
  lost(): void;
  setAside(): void;
  subscribed(did: 'made' | 'ended' | 'refused', count: number): void;
  uninstalled(result: 'believed' | 'stale' | 'undecided'): void;
}

const NEVER: Pick<JournalStanding, 'behindSeconds' | 'silentSeconds' | 'told' | 'polled' | 'losses'> = {
  ...{ behindSeconds: 0, silentSeconds: 0, told: 0, polled: 0, losses: 0 },
};

/** `standing`: how it stands; undefined while it is switched off or was never read. */
export function createJournalInstruments(
  metrics: Metrics,
  standing: () => Promise<JournalStanding | undefined>,
): JournalMetrics & ClientMetrics {
  const stands = remembered(async () => (await standing()) ?? NEVER);
  metrics.gauge({
    name: 'sluice_webhooks_journal_behind_seconds',
    help: 'How old what was last read of the webhooks journal is; 0 where it is switched off',
    labelNames: [],
    read: async () => [[{}, (await stands()).behindSeconds ?? 0]],
  });
  metrics.gauge({
    name: 'sluice_webhooks_journal_silent_seconds',
    help: 'For how long the webhooks journal has not answered as it should; 0 where it is switched off',
    labelNames: [],
    read: async () => [[{}, (await stands()).silentSeconds ?? 0]],
  });
  metrics.gauge({
    name: 'sluice_webhooks_journal_types',
    help: 'Mirrored types that HubSpot tells of by the webhooks journal, and those that it cannot tell of, which are polled',
    labelNames: ['by'],
    read: async () => {
      const { told, polled } = await stands();
      return [
        [{ by: 'journal' }, told],
        [{ by: 'poll' }, polled],
      ];
    },
  });
  const losses = metrics.counter({
    name: 'sluice_webhooks_journal_losses_total',
    help: "How often HubSpot did not know this process' place in the webhooks journal any more",
    labelNames: [],
    from0: {},
  });
  const setAside = metrics.counter({
    name: 'sluice_webhooks_journal_set_aside_total',
    help: 'Files of the webhooks journal that were passed over, since they could not be read while others could',
    labelNames: [],
    from0: {},
  });
  const events = metrics.counter({
    name: 'sluice_webhooks_journal_events_total',
    help: 'Events of the webhooks journal, by what became of them',
    labelNames: ['result'],
    from0: { result: ['fresh', 'repeat', 'stray', 'unreadable', 'refused'] },
  });
  const files = metrics.counter({
    name: 'sluice_webhooks_journal_files_total',
    help: 'Files of the webhooks journal that were read',
    labelNames: [],
    from0: {},
  });
  const failures = metrics.counter({
    name: 'sluice_webhooks_journal_failures_total',
    help: 'Turns of the webhooks journal that failed, by why',
    labelNames: ['code'],
  });
  const requests = metrics.counter({
    name: 'sluice_webhooks_journal_requests_total',
    help: 'Requests to the webhooks journal, by what they came to',
    labelNames: ['request', 'outcome'],
  });
  const subscriptions = metrics.counter({
    name: 'sluice_webhooks_journal_subscriptions_total',
    help: 'Subscriptions to the webhooks journal that were made, ended or refused',
    labelNames: ['did'],
    from0: { did: ['made', 'ended', 'refused'] },
  });
  const uninstalls = metrics.counter({
    name: 'sluice_webhooks_journal_uninstalls_total',
    help: 'Uninstalls that the webhooks journal told of: believed, older than the install that there is, or not decided',
    labelNames: ['result'],
    from0: { result: ['believed', 'stale', 'undecided'] },
  });
  return {
    file(file, { fresh, strays, refused }) {
      files.inc({});
      events.inc({ result: 'fresh' }, fresh);
      events.inc({ result: 'stray' }, strays);
      events.inc({ result: 'refused' }, refused);
      events.inc({ result: 'repeat' }, file.events.length - fresh - strays - refused);
      events.inc({ result: 'unreadable' }, file.unreadable);
    },
    failed: (code) => failures.inc({ code: KNOWN_CODE.test(code) ? code : 'other' }),
    lost: () => losses.inc({}),
    setAside: () => setAside.inc({}),
    subscribed: (did, count) => subscriptions.inc({ did }, count),
    uninstalled: (result) => uninstalls.inc({ result }),
    journalRequest: ({ kind, outcome }) => requests.inc({ request: kind, outcome }),
  };
}

/** Codes of ours and statuses; not what servers may make up. */
const KNOWN_CODE = /^(?:status_\d{3}|[a-z_]{3,30})$/;
