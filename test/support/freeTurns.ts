import type { Gateway } from '../../src/hubspot/gateway/gateway.js';

/** A gateway whose portals have a turn free whenever one is wanted. */
export function freeTurns(
  gateway: Pick<Gateway, 'request'>,
): Pick<Gateway, 'request' | 'acquire' | 'blocked'> {
  return {
    request: (request) => gateway.request(request),
    acquire: (portalId) =>
      Promise.resolve({ portalId, expiresInMs: Infinity, use: () => undefined, giveBack: () => undefined }),
    blocked: () => undefined,
  };
}
