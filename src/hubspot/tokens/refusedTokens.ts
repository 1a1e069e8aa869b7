import type { Outcome } from '../wire/outcomes.js';

type Unauthorized = Extract<Outcome, { kind: 'unauthorized' }>;

/**
 * Tokens that HubSpot refused (401) and that cannot be replaced yet. For some seconds nothing is sent with one, so that the lanes of a
 * portal do not each find out, again and again; whether there is another by now is still asked each time.
 */
export interface RefusedTokens {
  known(portalId: number, tokenVersion: number): Unauthorized | undefined;
  note(portalId: number, tokenVersion: number, outcome: Unauthorized): void;
}

/** Short: HubSpot may have refused a good one by mistake. */
const REMEMBERED_MS = 15_000;
const MAX_REMEMBERED = 10_000;

export function createRefusedTokens(monotonicNow: () => number): RefusedTokens {
  const remembered = new Map<number, { outcome: Unauthorized; tokenVersion: number; until: number }>();
  return {
    known(portalId, tokenVersion) {
      const entry = remembered.get(portalId);
      if (!entry) return undefined;
      if (entry.until > monotonicNow() && entry.tokenVersion === tokenVersion) return entry.outcome;
      remembered.delete(portalId);
      return undefined;
    },
    note(portalId, tokenVersion, outcome) {
      const known = remembered.get(portalId);
      // Those that were told of it do not make it last.
      if (known?.tokenVersion === tokenVersion && known.until > monotonicNow()) return;
      if (remembered.size >= MAX_REMEMBERED) remembered.clear();
      remembered.set(portalId, { outcome, tokenVersion, until: monotonicNow() + REMEMBERED_MS });
    },
  };
}
