/*
 * A consumer of the feed: who reads it under a name, how far they are, and how what follows is handed over.
 */

/**
 * `pull`: it asks, and says what it has; `webhook`: its URL is called; `handler`: a function of `sluice.config.ts` is.
 */
export const SINKS = ['pull', 'webhook', 'handler'] as const;
export type Sink = (typeof SINKS)[number];

/** How its feed stands: `behind`: further than its limit, so the mirror of its portals waits for it. */
export const CONSUMER_STATES = ['reading', 'behind', 'failing', 'paused'] as const;
export type ConsumerState = (typeof CONSUMER_STATES)[number];

/** So many of a workspace: each is looked at every few seconds. */
export const MOST_CONSUMERS = 50;
/** Of them so many are handlers at most: a config has no more. */
export const MOST_HANDLERS = 20;

/** What a consumer may be called. */
export const CONSUMER_NAME = /^[a-z][a-z0-9_-]{0,62}$/;
/** Changes are kept for a week; who may be further behind than this would miss some before the mirror waits. */
export const MOST_LAG_MINUTES = 6 * 24 * 60;
export const USUAL_LAG_MINUTES = 3 * 24 * 60;

/** So many changes are in a call at most. */
export const MOST_OF_A_CALL = 100;
/** And so many bytes of their values, one change at least. */
export const MOST_BYTES_OF_A_CALL = 1024 * 1024;

const FIRST_PAUSE_MS = 5000;
const LONGEST_PAUSE_MS = 15 * 60_000;

/** Until a call is tried again that failed so often in a row. */
export function pauseAfter(failures: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 20));
}

/**
 * Whether a receiver speaks of what it was sent, so that a repeat would change nothing: bad request, too large, media
 * type, unprocessable. Everything else may be about the way, its key or its day, and is tried again.
 */
export const isRefusal = (status: number): boolean => [400, 413, 415, 422].includes(status);

/** From the third try on a batch is halved until what is refused stands alone: a receiver may be being deployed. */
export const HALVED_AFTER = 2;
/**
 * Where nothing of a batch is taken, it may be about the way and not about the changes: for more than an hour of
 * growing pauses none of them ends for that.
 */
export const REFUSED_AFTER = 11;
