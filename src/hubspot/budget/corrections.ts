/** What HubSpot's headers said is left of a bucket, until the database has it. */
export class Corrections {
  readonly #slots: number;
  readonly #seen = new Map<number, { remaining: number; at: number }>();

  constructor({ slots }: { slots: number }) {
    this.#slots = slots;
  }

  /** Several readings of a portal are one: the least that was left, as of the oldest. */
  add(portalId: number, seen: { remaining: number; max: number; sentMsAgo?: number }): void {
    const { remaining, max, sentMsAgo = 0 } = seen;
    if (remaining >= this.#slots || !(max > 0)) return;
    const known = this.#seen.get(portalId) ?? { remaining: Infinity, at: Infinity };
    this.#seen.set(portalId, {
      remaining: Math.max(0, Math.min(remaining, known.remaining)),
      at: Math.min(performance.now() - sentMsAgo, known.at),
    });
  }

  take(): { portalId: number; remaining: number; at: number }[] {
    const all = [...this.#seen].map(([portalId, seen]) => ({ portalId, ...seen }));
    this.#seen.clear();
    return all;
  }
}
