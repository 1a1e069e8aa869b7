import { openJournal } from '../hubspot/tokens/openJournal.js';
import { openTokenJournal } from '../hubspot/tokens/tokenJournal.js';
import { intakeListener, openListener } from './http/listeners.js';
import { inlineActionsOf } from '../services/definitions/actionSecrets.js';
import { createSignedCalls } from './http/signedCalls.js';
import { openHubSpotOf } from './openHubSpotOf.js';
import { createIntakeRooms } from './rooms.js';
import { openService, runProcess } from './service.js';

const CALL_TIMEOUT_MS = 15_000;

/** HubSpot's calls in a process of their own: what people and applications ask of the API does not stop them. */
async function main(): Promise<void> {
  const service = await openService('intake');
  const { config, logger, lifecycle, core, clock, health } = service;
  const asksHubSpot = inlineActionsOf(core.definitions).actions.size > 0;
  const journal = asksHubSpot ? await openJournal(config, logger, openTokenJournal) : undefined;
  const { gateway } = openHubSpotOf(core, lifecycle, journal);
  const rooms = createIntakeRooms(core, gateway);
  lifecycle.onStop('rooms', () => Promise.all(rooms.map(async (room) => room.close?.())));
  const routes = rooms.flatMap(({ signed = [] }) => signed);
  const port = await openListener(service, {
    ...{ name: 'intake', port: config.INTAKE_PORT, requestTimeoutMs: CALL_TIMEOUT_MS },
    handle: intakeListener(createSignedCalls({ config, clock, logger, routes }), health),
  });
  await service.ready({ port, metricsPort: config.INTAKE_METRICS_PORT });
}

await runProcess(main);
