import { createCache } from '../../platform/cache.js';
import type { Outcome } from '../wire/outcomes.js';
import type { GatewayRequest } from './gatewayRequest.js';

type Forbidden = Extract<Outcome, { kind: 'forbidden' }>;

/**
 * What a portal's token may not do, as HubSpot said (403 MISSING_SCOPES). For some minutes the same request is answered
 * without a call, so that asking again spends neither the limit nor the share of errors. A new token, which a new grant
 * brings, is tried at once.
 */
export interface MissingScopes {
  known(request: GatewayRequest, tokenVersion: number): Forbidden | undefined;
  note(request: GatewayRequest, tokenVersion: number, outcome: Outcome): void;
}

const CACHE_TTL_MS = 5 * 60_000;
const MAX_REMEMBERED = 10_000;

export function createMissingScopes(): MissingScopes {
  const remembered = createCache<string, { outcome: Forbidden; tokenVersion: number }>({
    max: MAX_REMEMBERED,
    ttlMs: CACHE_TTL_MS,
  });
  return {
    known(request, tokenVersion) {
      const entry = remembered.get(subjectOf(request));
      return entry?.tokenVersion === tokenVersion ? entry.outcome : undefined;
    },
    note(request, tokenVersion, outcome) {
      if (outcome.kind !== 'forbidden') return;
      if (outcome.category !== 'MISSING_SCOPES' && outcome.missingScopes.length === 0) return;
      remembered.set(subjectOf(request), { outcome, tokenVersion });
    },
  };
}

/** HubSpot grants scopes by type of objects, and for sensitive values apart; the id of a record makes no difference. */
function subjectOf({ portalId, resource, params, query }: GatewayRequest): string {
  const { objectType, fromType, toType } = (params ?? {}) as Readonly<Record<string, string | number>>;
  const { dataSensitivity } = (query ?? {}) as { readonly dataSensitivity?: string };
  return JSON.stringify([portalId, resource, objectType, fromType, toType, dataSensitivity]);
}
