import { intakeListener, openListener } from './http/listeners.js';
import { createSignedCalls } from './http/signedCalls.js';
import { createIntakeRooms } from './rooms.js';
import { openService, runProcess } from './service.js';

const CALL_TIMEOUT_MS = 15_000;

/** HubSpot's calls in a process of their own: what people and applications ask of the API does not stop them. */
async function main(): Promise<void> {
  const service = await openService('intake');
  const { config, logger, lifecycle, core, clock, health } = service;
  const rooms = createIntakeRooms(core);
  lifecycle.onStop('rooms', () => Promise.all(rooms.map(async (room) => room.close?.())));
  const routes = rooms.flatMap(({ signed = [] }) => signed);
  const port = await openListener(service, {
    ...{ name: 'intake', port: config.INTAKE_PORT, requestTimeoutMs: CALL_TIMEOUT_MS },
    handle: intakeListener(createSignedCalls({ config, clock, logger, routes }), health),
  });
  await service.ready({ port, metricsPort: config.INTAKE_METRICS_PORT });
}

await runProcess(main);
