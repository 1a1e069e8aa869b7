import { randomBytes } from 'node:crypto';
import os from 'node:os';
import { createPortalResolver } from '../db/portals/portalResolver.js';
import { createHubSpotInstruments } from '../hubspot/gateway/instruments.js';
import type { Gateway } from '../hubspot/gateway/gateway.js';
import { openHubSpot } from '../hubspot/gateway/openHubSpot.js';
import type { TokenJournal } from '../hubspot/tokens/tokenJournal.js';
import { createTransport } from '../hubspot/wire/transport.js';
import type { Lifecycle } from '../platform/lifecycle.js';
import { createPasses } from '../platform/passes.js';
import { createTokenKeeperStarter } from '../temporal/tokens/starter.js';
import type { ApiCore } from './core.js';

const STORE_LEFT_EVERY_MS = 10_000;

/** The API's own way to HubSpot, for what its callers wait for. What it was granted, and could not store, it stores. */
export function openHubSpotOf(
  core: ApiCore,
  lifecycle: Pick<Lifecycle, 'onStop'>,
  journal: TokenJournal | undefined,
): { readonly gateway: Gateway } {
  const { pool, config, logger, metrics, temporal, tokenMetrics } = core;
  const { gateway, tokenService } = openHubSpot({
    ...{ pool, config, logger, journal },
    // Closed with the gateway.
    transport: createTransport(config.HUBSPOT_API_BASE_URL),
    portalResolver: createPortalResolver(pool),
    owner: `api:${os.hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`,
    metrics: { hubspot: createHubSpotInstruments(metrics), tokens: tokenMetrics },
    keeper: createTokenKeeperStarter(temporal),
    onStop: (name, stop) => lifecycle.onStop(name, stop),
  });
  const passes = createPasses({
    // What is younger is still tried by who asked for it, here or in a worker with the same journal.
    run: (stopping) => tokenService.storeGrantsLeft(STORE_LEFT_EVERY_MS, stopping),
    everyMs: STORE_LEFT_EVERY_MS,
    onError: (error) => logger.warn('The journal of tokens cannot be looked through', { error }),
  });
  if (journal) {
    passes.start();
    lifecycle.onStop('journal of tokens', () => passes.close());
  }
  return { gateway };
}
