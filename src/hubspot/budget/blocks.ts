/**
 * The blocks of one bucket that one process knows of: HubSpot or a circuit breaker wants portals left alone for a time.
 */
export interface Blocks {
  /** The block that a portal is under. */
  of(portalId: number): { ms: number; reason: string } | undefined;
  /** For how long the portal is still blocked; 0: it is not. */
  leftMs(portalId: number, now: number): number;
  /**
   * Adds a block that this process found out about. `stored` resolves when the database knows of it; until then an
   * answer of the database that there is none does not count.
   */
  block(portalId: number, ms: number, reason: string, stored: Promise<unknown>): void;
  /** What the database answered to a question that was asked at `askedAt` (monotonic). */
  applyStored(portalId: number, block: { ms: number; reason: string } | undefined, askedAt: number): void;
  /** Ends a block of one of these reasons, and returns whether there was one. */
  unblock(portalId: number, reasons: readonly string[]): boolean;
}

interface Block {
  readonly until: number;
  readonly reason: string;
  /** Monotonic. An answer of the database to an older question may not know of the block yet. */
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
    block(portalId, ms, reason, stored) {
      const block: Block = { until: performance.now() + ms, reason, storedAt: Infinity };
      if ((blocks.get(portalId)?.until ?? 0) < block.until) blocks.set(portalId, block);
      stored.then(
        () => (block.storedAt = performance.now()),
        () => {}, // the caller logs why it could not be stored; in this process the block holds all the same
      );
    },
    applyStored(portalId, block, askedAt) {
      if (block) {
        const { ms, reason } = block;
        blocks.set(portalId, { until: performance.now() + ms, reason, storedAt: askedAt });
      } else if ((blocks.get(portalId)?.storedAt ?? 0) <= askedAt) blocks.delete(portalId);
    },
    unblock(portalId, reasons) {
      return reasons.includes(blocks.get(portalId)?.reason ?? '') && blocks.delete(portalId);
    },
  };
}
