import type { SignedRoute } from '../room.js';
import { findSignedRouteOf } from './findSignedRoute.js';
import type { SignedCalls } from './signedCalls.js';

const RETRY_AFTER_MS = 30_000;

/**
 * For an API whose intake is a process of its own (API_INTAKE=off): a call that comes here all the same is answered so
 * that HubSpot calls again, since a 404 would end the record's step (law 9).
 */
export function notTakenHere(routes: readonly SignedRoute[]): SignedCalls {
  const findRoute = findSignedRouteOf(routes);
  const text = JSON.stringify({
    message: 'HubSpot is to call the intake (npm run intake): route this path there',
  });
  return (request, response) => {
    const route = findRoute(request.method, request.url);
    if (!route) return false;
    const unitMs = route.retryAfterUnit === 'seconds' ? 1000 : 1;
    response
      .writeHead(503, {
        ...{ 'content-type': 'application/json', connection: 'close' },
        'retry-after': String(RETRY_AFTER_MS / unitMs),
      })
      .end(text);
    route.answered('not_taken_here', 0);
    return true;
  };
}
