import { LEASE_MS } from '../../db/sync/reader.js';

/**
 * Renews the lease of a place until it is ended, which a wait for HubSpot may outlast. One renewal at a time: where it
 * waits for what somebody has locked, those behind it would each hold a connection. One that fails is made up for by
 * the next one. `onLost`: the place is another's by now.
 */
export function keepRenewing(renew: () => Promise<boolean>, onLost: () => void): { end(): void } {
  let isUnderWay = false;
  const timer = setInterval(() => {
    if (isUnderWay) return;
    isUnderWay = true;
    renew()
      .then(
        (isOurs) => {
          if (!isOurs) onLost();
        },
        () => undefined,
      )
      .finally(() => (isUnderWay = false));
  }, LEASE_MS / 4);
  return { end: () => clearInterval(timer) };
}
