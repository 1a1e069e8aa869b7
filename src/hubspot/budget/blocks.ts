/** What one process knows of the blocks of a ring: HubSpot or a circuit breaker wants a portal to be left alone for a time. */
export interface Blocks {
  /** A block that holds now. */
  of(portalId: number): { ms: number; reason: string } | undefined;
  /** For how long nothing goes; 0: it may. */
  leftMs(portalId: number, now: number): number;
  /** Heard in this process. `stored` ends when the database knows; until then it is not believed when it says otherwise. */
  hold(portalId: number, ms: number, reason: string, stored: Promise<unknown>): void;
  /** What the database said to a question that was asked at `askedAt` (monotonic). */
  told(portalId: number, block: { ms: number; reason: string } | undefined, askedAt: number): void;
  /** Ends a block of one of these reasons, and says whether there was one. */
  lift(portalId: number, reasons: readonly string[]): boolean;
}

interface Block {
  readonly until: number;
  readonly reason: string;
  /** Monotonic: what the database said before this does not know of it yet. */
  storedAt: number;
}

export function createBlocks(): Blocks {
  const blocks = new Map<number, Block>();
  const leftMs = (portalId: number, now: number) => Math.max(0, (blocks.get(portalId)?.until ?? 0) - now);
  return {
    of(portalId) {
      const block = blocks.get(portalId);
      const ms = leftMs(portalId, performance.now());
      if (block && ms > 0) return { ms, reason: block.reason };
      blocks.delete(portalId);
      return undefined;
    },
    leftMs,
    hold(portalId, ms, reason, stored) {
      const block: Block = { until: performance.now() + ms, reason, storedAt: Infinity };
      if ((blocks.get(portalId)?.until ?? 0) < block.until) blocks.set(portalId, block);
      stored.then(
        () => (block.storedAt = performance.now()),
        () => {}, // whoever stores it says why not; here it holds all the same
      );
    },
    told(portalId, block, askedAt) {
      if (block) {
        const { ms, reason } = block;
        blocks.set(portalId, { until: performance.now() + ms, reason, storedAt: askedAt });
      } else if ((blocks.get(portalId)?.storedAt ?? 0) <= askedAt) blocks.delete(portalId);
    },
    lift(portalId, reasons) {
      return reasons.includes(blocks.get(portalId)?.reason ?? '') && blocks.delete(portalId);
    },
  };
}
