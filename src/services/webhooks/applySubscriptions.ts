import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../../domain/hubspot/backoff.js';
import {
  planSubscriptions,
  type SubscribedTo,
  type SubscriptionPlan,
  type SubscriptionsThere,
  type SubscriptionsWanted,
} from '../../domain/webhooks/subscriptionPlan.js';
import type { SubscriptionsClient } from '../../hubspot/subscriptions/subscriptionsClient.js';
import type { Refused } from '../../hubspot/wire/refused.js';
import { AppError } from '../../platform/errors.js';

/** One that HubSpot did not take, with what it was to. */
export interface SubscriptionRefused {
  /** Undefined: the settings, or one that is there. */
  readonly to: SubscribedTo | undefined;
  readonly why: string;
}

export interface SubscriptionsApplied {
  /** What differs after all, read from HubSpot once more; of what was to be paused, too. */
  readonly left: SubscriptionPlan;
  readonly refused: readonly SubscriptionRefused[];
}

const TRIES = 6;
const WAIT = { baseMs: 1000, maxMs: 15_000, random: Math.random };
const AT_ONCE = 100;
/** So many in a row, and the others would be refused like them. */
const REFUSED_AT_MOST = 10;

/**
 * Makes what HubSpot has what it is to have: settings first, then what is there and switched off, then what is missing,
 * one by one, since HubSpot takes no more at a time. What was made by a request whose answer was lost is found by the
 * list at the end, so nothing is made twice: HubSpot refuses a second one to the same.
 *
 * `onWait` is told why, and for how long.
 */
export async function applySubscriptions(
  client: SubscriptionsClient,
  wanted: SubscriptionsWanted,
  options: {
    readonly plan: SubscriptionPlan;
    /** What this workspace has no use for is paused. */
    readonly only: boolean;
    readonly onWait?: (why: string, ms: number) => void;
    readonly wait?: (ms: number) => Promise<unknown>;
  },
): Promise<SubscriptionsApplied> {
  const { plan, only } = options;
  const refused: SubscriptionRefused[] = [];
  const again = <T extends { kind: 'ok' }>(work: () => Promise<T | Refused>) => withTries(work, options);
  const note = (to: SubscribedTo | undefined, result: { kind: 'ok' } | Refused) => {
    if (result.kind === 'refused') refused.push({ to, why: result.message });
    return result.kind === 'ok';
  };

  const { configure, activate } = plan;
  const isConfigured = !configure || note(undefined, await again(() => client.configure(configure)));
  if (isConfigured) {
    for (const some of inParts(activate)) note(undefined, await again(() => client.switchAll(some, true)));
    let inRow = 0;
    for (const to of plan.create) {
      inRow = note(to, await again(() => client.create(to))) ? 0 : inRow + 1;
      if (inRow === REFUSED_AT_MOST) break;
    }
    if (only)
      for (const some of inParts(plan.pause))
        note(undefined, await again(() => client.switchAll(some, false)));
  }
  const left = planSubscriptions(wanted, await readSubscriptions(client, options));
  // One that was made although its answer was lost is refused as doubled the next time, and is there.
  return { left, refused: refused.filter(({ to }) => to === undefined || left.create.includes(to)) };
}

/** Throws an AppError that says why not. */
export async function readSubscriptions(
  client: SubscriptionsClient,
  options: Parameters<typeof withTries>[1] = {},
): Promise<SubscriptionsThere> {
  const read = await withTries(() => client.subscriptionsThere(), options);
  if (read.kind === 'refused') throw new AppError('unavailable', read.message);
  return read.there;
}

async function withTries<T extends { kind: 'ok' }>(
  work: () => Promise<T | Refused>,
  {
    onWait,
    wait = delay,
  }: { onWait?: (why: string, ms: number) => void; wait?: (ms: number) => Promise<unknown> },
): Promise<T | Refused> {
  for (let attempt = 1; ; attempt += 1) {
    const result = await work();
    if (result.kind === 'ok' || !result.isPassing || attempt === TRIES) return result;
    const ms = Math.min(WAIT.maxMs, Math.max(result.retryAfterMs ?? 0, backoffMs(attempt, WAIT)));
    onWait?.(result.message, ms);
    await wait(ms);
  }
}

function inParts<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / AT_ONCE) }, (_, n) =>
    all.slice(n * AT_ONCE, (n + 1) * AT_ONCE),
  );
}
