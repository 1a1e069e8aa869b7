import {
  claimJournal,
  journalPlanned,
  journalWanted,
  leaveJournal,
  type JournalClaim,
} from '../../db/webhooks/journal.js';
import type { Pool } from '../../db/pool.js';
import { planJournal, type JournalSubscriptionId } from '../../domain/webhooks/journalPlan.js';
import type { JournalClient } from '../../hubspot/journal/journalClient.js';
import type { Refused } from '../../hubspot/wire/refused.js';
import type { JournalSubscriptionBody } from '../../hubspot/wire/journalRequests.js';
import type { KeyedBackoff } from '../../platform/keyedBackoff.js';
import type { Logger } from '../../platform/logger.js';
import type { JournalMetrics } from './journalInstruments.js';

/*
 * Holds the app's subscriptions to the webhooks journal against what is mirrored: makes what is missing, ends what is
 * too much, so many a round. What HubSpot refuses, or has no room for, goes on being searched by itself.
 */

interface Dependencies {
  readonly pool: Pool;
  readonly client: Pick<JournalClient, 'subscriptions' | 'subscribe' | 'unsubscribe' | 'pace'>;
  readonly owner: string;
  /** Subscriptions that HubSpot has refused, and for how long they are left alone. */
  readonly refusals: KeyedBackoff;
  readonly metrics: Pick<JournalMetrics, 'subscribed'>;
  readonly logger: Logger;
}

export interface SubscriptionRound {
  readonly made: number;
  readonly ended: number;
  readonly refused: number;
  /** Types that HubSpot tells of, and those that are searched, since it cannot. */
  readonly told: number;
  readonly polled: number;
}

/** Types that are looked at: more than any app may subscribe to. */
const MOST_TYPES = 10_000;
const CHANGES_A_ROUND = 50;
/** The journal is not read meanwhile: what is left then has its turn in the next round. */
const ROUND_MS = 20_000;
/** So many failures in a row are taken for one reason that all share: HubSpot is away. */
const MOST_FAILED_IN_A_ROW = 3;

/** Undefined: somebody else has the journal. */
export async function subscribeJournal(
  { pool, client, owner, refusals, metrics, logger }: Dependencies,
  {
    most,
    signal,
    roundMs = ROUND_MS,
  }: { readonly most: number; readonly signal: AbortSignal; readonly roundMs?: number },
): Promise<SubscriptionRound | undefined> {
  const untilMs = performance.now() + roundMs;
  const claim = await claimJournal(pool, owner);
  if (!claim) return undefined;
  if (claim.takenOver) client.pace.takenOver();
  try {
    return await round(claim);
  } finally {
    await leaveJournal(pool, claim.fence);
  }

  async function round(_: JournalClaim): Promise<SubscriptionRound> {
    const mirrored = await journalWanted(pool, MOST_TYPES);
    const listed = await client.subscriptions();
    if (listed.kind === 'refused') {
      logger.warn('The subscriptions to the webhooks journal could not be listed', {
        reason: listed.message,
      });
      return { made: 0, ended: 0, refused: 1, told: 0, polled: mirrored.length };
    }
    const plan = planJournal(mirrored, listed.all, most);
    // What is too much goes first: it may be in the way.
    const ended = await each(plan.unsubscribe, String, (id) => client.unsubscribe(id));
    const made = await each(plan.subscribe, keyOf, (one) => client.subscribe(bodyOf(one)));
    const refused = made.refused + ended.refused;
    metrics.subscribed('made', made.did);
    metrics.subscribed('ended', ended.did);
    metrics.subscribed('refused', refused);
    // What was made now is in the next round's list, and told of since then.
    const { told, left, others } = plan;
    const polled = mirrored.length - told.length;
    const full = `The app may have no more than ${most} subscriptions: ${left} types are searched`;
    const why = (made.lastRefused ?? ended.lastRefused)?.message ?? (left > 0 ? full : null);
    await journalPlanned(pool, told, { polled, others, refused: why });
    if (refused > 0)
      logger.warn(
        'HubSpot refuses subscriptions to the webhooks journal; what they were to tell of is searched',
        {
          ...{ refused, reason: why },
        },
      );
    if (left > 0)
      logger.warn(
        'The app may have no more subscriptions to the webhooks journal; the other types are searched',
        {
          ...{ most, left, others },
        },
      );
    return { made: made.did, ended: ended.did, refused, told: told.length, polled };
  }

  async function each<T>(
    items: readonly T[],
    keyFor: (item: T) => string,
    work: (item: T) => Promise<{ kind: 'ok' } | Refused>,
  ) {
    let [did, refused, inARow] = [0, 0, 0];
    let lastRefused: Refused | undefined;
    // Those that were refused a while ago do not keep those behind them from their turn.
    const due = items.filter((item) => refusals.leftMs(keyFor(item)) === 0);
    for (const item of due.slice(0, CHANGES_A_ROUND)) {
      if (signal.aborted || inARow >= MOST_FAILED_IN_A_ROW || performance.now() >= untilMs) break;
      const answer = await work(item);
      if (answer.kind === 'ok') {
        did += 1;
        inARow = 0;
        refusals.succeeded(keyFor(item));
      } else {
        refused += 1;
        lastRefused = answer;
        if (answer.isPassing) inARow += 1;
        else refusals.failed(keyFor(item));
      }
    }
    return { did, refused, lastRefused };
  }
}

const keyOf = ({ subscriptionType, portalId, typeId }: JournalSubscriptionId): string =>
  `${subscriptionType} ${portalId} ${typeId}`;

export function bodyOf({
  subscriptionType,
  portalId,
  typeId,
  actions,
}: JournalSubscriptionId): JournalSubscriptionBody {
  if (subscriptionType === 'APP_LIFECYCLE_EVENT' || portalId === null)
    return { subscriptionType: 'APP_LIFECYCLE_EVENT', eventTypeId: typeId, properties: [] };
  const object = { portalId, objectTypeId: typeId, actions };
  switch (subscriptionType) {
    case 'OBJECT':
      return { subscriptionType, ...object, objectIds: [], properties: [] };
    case 'ASSOCIATION':
      return { subscriptionType, ...object, objectIds: [], associatedObjectTypeIds: [] };
    case 'GDPR_PRIVACY_DELETION':
      return { subscriptionType, ...object };
  }
}
