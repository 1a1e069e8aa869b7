import { createCache } from '../../platform/cache.js';
import type { Outcome } from '../wire/outcomes.js';
import type { ResourceName } from '../wire/paths.js';

type Forbidden = Extract<Outcome, { kind: 'forbidden' }>;

/**
 * What a portal's token may not do, as HubSpot said (403 MISSING_SCOPES). For some minutes the same request is answered
 * without a call, so that asking again spends neither the limit nor the share of errors. A new token, which a new grant
 * brings, is tried at once.
 */
export interface MissingScopes {
  known(portalId: number, resource: ResourceName, tokenVersion: number): Forbidden | undefined;
  note(portalId: number, resource: ResourceName, tokenVersion: number, outcome: Outcome): void;
}

const CACHE_TTL_MS = 5 * 60_000;
const MAX_REMEMBERED = 10_000;

export function createMissingScopes(): MissingScopes {
  const remembered = createCache<string, { outcome: Forbidden; tokenVersion: number }>({
    max: MAX_REMEMBERED,
    ttlMs: CACHE_TTL_MS,
  });
  return {
    known(portalId, resource, tokenVersion) {
      const entry = remembered.get(`${portalId}/${resource}`);
      return entry?.tokenVersion === tokenVersion ? entry.outcome : undefined;
    },
    note(portalId, resource, tokenVersion, outcome) {
      if (outcome.kind !== 'forbidden') return;
      if (outcome.category !== 'MISSING_SCOPES' && outcome.missingScopes.length === 0) return;
      remembered.set(`${portalId}/${resource}`, { outcome, tokenVersion });
    },
  };
}
