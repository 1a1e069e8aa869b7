import type { StoredChange } from '../../db/crm/changes.js';
import type { DeadChange } from '../../db/crm/deliveries.js';
import type { AboutFeed, SendChanges, SendResult } from './sendChanges.js';

/** What became of changes that were sent: of a beginning of them, in their order, where it stopped. */
export interface Sent {
  readonly taken: StoredChange[];
  readonly refused: DeadChange[];
  /** What was said with the last refusal. */
  readonly why: string | undefined;
  /** Not sent, since an earlier change of their record was refused. */
  readonly behind: DeadChange[];
  readonly stop:
    Extract<SendResult, { kind: 'failed' | 'lost' | 'stopped' }> | { readonly kind: 'late' } | undefined;
}

/** So many calls for one batch: one bad change in a hundred is found by fourteen. Fewer while nothing was taken. */
const MOST_CALLS = { someTaken: 60, noneTaken: 20 };

/** By so many, one bad change that is the first of a hundred stands alone, and the next one is taken. */
const CALLS_TO_A_FIRST = 10;

export interface How {
  readonly halves: boolean;
  /** Go on although nothing is taken. */
  readonly patient?: boolean;
  readonly about: AboutFeed;
  /** Nothing more is sent where it has none, once something of the batch is known: it goes on from there. */
  readonly hasTime: () => boolean;
}

/**
 * Sends changes in one call; `halves`: where that is refused in halves, until what is refused stands alone. Changes of
 * a record of which one was refused are not sent.
 */
export async function sendInOrder(
  send: SendChanges,
  changes: readonly StoredChange[],
  { halves, about, hasTime, patient = false }: How,
): Promise<Sent> {
  const sent: Sent & { stop: Sent['stop']; why: Sent['why'] } = {
    ...{ taken: [], refused: [], behind: [], stop: undefined, why: undefined },
  };
  const stuck = new Set<string>();
  let calls = 0;

  /** False: it stopped. */
  async function part(some: readonly StoredChange[]): Promise<boolean> {
    const free: StoredChange[] = [];
    for (const change of some) {
      if (stuck.has(recordOf(change))) sent.behind.push({ change, status: null });
      else free.push(change);
    }
    if (free.length === 0) return true;
    if (calls >= (patient || sent.taken.length > 0 ? MOST_CALLS.someTaken : MOST_CALLS.noneTaken)) {
      sent.stop = { kind: 'failed', why: 'It refuses much of what it is sent; the rest is sent later' };
      return false;
    }
    const isKnown = sent.taken.length > 0 || (patient && sent.refused.length > 0);
    if (!hasTime() && (isKnown || calls >= CALLS_TO_A_FIRST)) {
      sent.stop = { kind: 'late' };
      return false;
    }
    calls += 1;
    const result = await send(free, about);
    switch (result.kind) {
      case 'taken':
        sent.taken.push(...free);
        return true;
      case 'refused': {
        sent.why = result.why;
        if (free.length > 1 && halves) {
          const middle = Math.ceil(free.length / 2);
          return (await part(free.slice(0, middle))) && part(free.slice(middle));
        }
        for (const change of free) {
          sent.refused.push({ change, status: result.status });
          stuck.add(recordOf(change));
        }
        return true;
      }
      case 'failed':
      case 'lost':
      case 'stopped':
        sent.stop = result;
        return false;
    }
  }

  await part(changes);
  return sent;
}

const recordOf = ({ portalId, objectType, recordId }: StoredChange) =>
  `${portalId}/${objectType}/${recordId}`;
