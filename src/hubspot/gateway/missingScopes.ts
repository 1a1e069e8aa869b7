import type { Outcome } from '../wire/outcomes.js';
import type { ResourceName } from '../wire/paths.js';

type Forbidden = Extract<Outcome, { kind: 'forbidden' }>;

/**
 * What a portal's token may not do, as HubSpot said (403 MISSING_SCOPES). For some minutes the same is answered without a call, so that
 * nobody spends the limit, and the share of errors, on asking again. A new token, which a new grant brings, is asked anew.
 */
export interface MissingScopes {
  known(portalId: number, resource: ResourceName, tokenVersion: number): Forbidden | undefined;
  note(portalId: number, resource: ResourceName, tokenVersion: number, outcome: Outcome): void;
}

const REMEMBERED_MS = 5 * 60_000;
const MAX_REMEMBERED = 10_000;

export function createMissingScopes(monotonicNow: () => number): MissingScopes {
  const remembered = new Map<string, { outcome: Forbidden; tokenVersion: number; until: number }>();
  return {
    known(portalId, resource, tokenVersion) {
      if (remembered.size === 0) return undefined;
      const key = `${portalId}/${resource}`;
      const entry = remembered.get(key);
      if (!entry) return undefined;
      if (entry.until > monotonicNow() && entry.tokenVersion === tokenVersion) return entry.outcome;
      remembered.delete(key);
      return undefined;
    },
    note(portalId, resource, tokenVersion, outcome) {
      const missing =
        outcome.kind === 'forbidden' &&
        (outcome.category === 'MISSING_SCOPES' || outcome.missingScopes.length > 0);
      if (!missing) return;
      if (remembered.size >= MAX_REMEMBERED) remembered.clear();
      remembered.set(`${portalId}/${resource}`, {
        outcome,
        tokenVersion,
        until: monotonicNow() + REMEMBERED_MS,
      });
    },
  };
}
