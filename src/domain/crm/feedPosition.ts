/**
 * A place in the feed of changes. Transactions are numbered when they first write, and rows as they are written; both
 * are this database's own, so a position names the installation that numbered it: after a restore the numbers fall
 * back, and what comes then is of the next installation.
 */
export interface FeedPosition {
  readonly installation: string;
  /** A transaction's number, as its digits. */
  readonly transaction: string;
  /** The number of a change, as its digits. */
  readonly change: string;
}

const WRITTEN = /^([0-9a-f]{12})\.(0|[1-9]\d{0,18})\.(0|[1-9]\d{0,18})$/;
/** The most that a bigint of Postgres holds. Its numbers of transactions go further, in some thousands of years. */
const MOST = 2n ** 63n - 1n;

export function writePosition({ installation, transaction, change }: FeedPosition): string {
  return `${installation}.${transaction}.${change}`;
}

/** Undefined: this is no position. */
export function readPosition(text: string): FeedPosition | undefined {
  const [, installation, transaction, change] = WRITTEN.exec(text) ?? [];
  if (installation === undefined || transaction === undefined || change === undefined) return undefined;
  if (BigInt(transaction) > MOST || BigInt(change) > MOST) return undefined;
  return { installation, transaction, change };
}
