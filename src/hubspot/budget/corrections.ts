/**
 * A portal's own limit may be lower than the one that is set, and not by much (100 for a private app where 250 are set
 * for others, docs/hubspot.md): a header that says less than this share is not HubSpot's.
 */
const LOWEST_LIMIT = 1 / 3;

/** What HubSpot's headers said is left of a bucket, until the database has it. */
export class Corrections {
  readonly #slots: number;
  readonly #seen = new Map<number, { remaining: number; max: number; at: number }>();

  constructor({ slots }: { slots: number }) {
    this.#slots = slots;
  }

  /** Several readings of a portal are one: the least that was left, of the lowest limit, as of the oldest. */
  add(portalId: number, seen: { remaining: number; max: number; sentMsAgo?: number }): void {
    const { remaining, max, sentMsAgo = 0 } = seen;
    if (remaining >= this.#slots || !(max > 0)) return;
    const known = this.#seen.get(portalId) ?? { remaining: Infinity, max: Infinity, at: Infinity };
    this.#seen.set(portalId, {
      remaining: Math.max(0, Math.min(remaining, known.remaining)),
      max: Math.min(Math.max(max, Math.ceil(this.#slots * LOWEST_LIMIT)), known.max, this.#slots),
      at: Math.min(performance.now() - sentMsAgo, known.at),
    });
  }

  take(): { portalId: number; remaining: number; max: number; at: number }[] {
    const all = [...this.#seen].map(([portalId, seen]) => ({ portalId, ...seen }));
    this.#seen.clear();
    return all;
  }
}
