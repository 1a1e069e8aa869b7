import { listen as listenTo } from '../db/listen.js';
import { API_KEYS_CHANNEL } from '../db/workspaces/apiKeys.js';
import { openJournal } from '../hubspot/tokens/openJournal.js';
import { openTokenJournal } from '../hubspot/tokens/tokenJournal.js';
import { createApp } from './http/app.js';
import { cacheKeysOf } from './http/keyCache.js';
import { apiListener, intakeListener, openListener } from './http/listeners.js';
import { notTakenHere } from './http/notTakenHere.js';
import { createSignedCalls } from './http/signedCalls.js';
import { openInstallJournal } from './portals/install/installJournal.js';
import { openHubSpotOf } from './openHubSpotOf.js';
import { createRooms } from './rooms.js';
import { openService, runProcess } from './service.js';

/** Streams of events take their time; other bodies have deadlines of their own. */
const REQUEST_TIMEOUT_MS = 300_000;
const CALL_TIMEOUT_MS = 15_000;

/** The API: what people and applications ask, and, unless API_INTAKE says otherwise, what HubSpot calls. */
async function main(): Promise<void> {
  const service = await openService('api');
  const { config, logger, lifecycle, core, clock, health } = service;
  const { gateway } = openHubSpotOf(core, lifecycle, await openJournal(config, logger, openTokenJournal));
  const journal = await openJournal(config, logger, openInstallJournal);
  const rooms = createRooms(core, health, clock, gateway, journal);
  lifecycle.onStop('rooms', () => Promise.all(rooms.map(async (room) => room.close?.())));
  const keys = cacheKeysOf(core.pool, logger);
  const listener = listenTo(config, API_KEYS_CHANNEL, { logger, heard: (keyId) => keys.forget(keyId) });
  lifecycle.onStop('listener to API keys', () => listener.stop());

  const routes = rooms.flatMap(({ signed = [] }) => signed);
  const signed = createSignedCalls({ config, clock, logger, routes });
  const onPort = config.API_INTAKE === 'port' ? signed : notTakenHere(routes);
  const port = await openListener(service, {
    ...{ name: 'HTTP server', port: config.PORT, requestTimeoutMs: REQUEST_TIMEOUT_MS },
    handle: apiListener(onPort, createApp({ ...core, keys, health }, rooms)),
  });
  if (config.API_INTAKE === 'listener') {
    await openListener(service, {
      ...{ name: 'intake', port: config.INTAKE_PORT, requestTimeoutMs: CALL_TIMEOUT_MS },
      handle: intakeListener(signed, health),
    });
  }
  lifecycle.onStop('work of rooms', () => Promise.all(rooms.map(async (room) => room.drain?.())));
  for (const room of rooms) room.start?.();
  await service.ready({ port, metricsPort: config.API_METRICS_PORT });
}

await runProcess(main);
