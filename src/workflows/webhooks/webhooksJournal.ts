import { continueAsNew, proxyActivities, setCurrentDetails, sleep, workflowInfo } from '@temporalio/workflow';
import type { JournalActivities } from '../../activities/webhooks/journalActivities.js';
import type {
  JournalSubscriptionsResult,
  WebhooksJournalInput,
  WebhooksJournalResult,
} from '../../temporal/webhooks/contract.js';

const HISTORY_LIMIT = 2000;
const SUBSCRIBE_EVERY_MS = 60_000;
/** What was made in a round counts when the next one has seen it. */
const SUBSCRIBE_AGAIN_MS = 5000;

const { readJournal, keepJournalSubscriptions } = proxyActivities<JournalActivities>({
  startToCloseTimeout: '3 minutes',
  heartbeatTimeout: '15 seconds',
  // What HubSpot answers is no failure of the activity: it was on a worker that died, or without its database.
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' },
});

/**
 * Reads HubSpot's webhooks journal turn by turn, for as long as it is switched on, and keeps the app's subscriptions
 * equal to what is mirrored. The place in the journal stands in the database, in the transaction of each file: what is
 * lost of a turn is read again from there.
 */
export async function webhooksJournal({
  before = { files: 0, events: 0 },
}: WebhooksJournalInput): Promise<WebhooksJournalResult> {
  let { files, events } = before;
  let subscribeAt = 0;
  let subscriptions: JournalSubscriptionsResult | undefined;
  for (;;) {
    if (Date.now() >= subscribeAt) {
      subscriptions = await keepJournalSubscriptions.executeWithOptions(
        { summary: 'Holds the subscriptions against what is mirrored' },
        [],
      );
      const hasChanged = subscriptions !== undefined && subscriptions.made + subscriptions.ended > 0;
      subscribeAt = Date.now() + (hasChanged ? SUBSCRIBE_AGAIN_MS : SUBSCRIBE_EVERY_MS);
    }
    const turn = await readJournal.executeWithOptions({ summary: 'Reads what follows' }, []);
    files += turn.files;
    events += turn.events;
    if (turn.ended === 'off') {
      setCurrentDetails('Ended: WEBHOOKS_JOURNAL is off');
      return { files, events };
    }
    const told = subscriptions ? `; ${subscriptions.told} types told of, ${subscriptions.polled} polled` : '';
    setCurrentDetails(
      `${turn.ended}: ${files} files, ${events} events, read up to ${turn.offset ?? 'nothing yet'}${told}`,
    );
    if (turn.nextInMs > 0) await sleep(turn.nextInMs, { summary: 'Until the journal is asked again' });
    if (workflowInfo().continueAsNewSuggested || workflowInfo().historyLength > HISTORY_LIMIT)
      await continueAsNew<typeof webhooksJournal>({ before: { files, events } });
  }
}
