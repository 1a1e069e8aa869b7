import { randomUUID } from 'node:crypto';
import os from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import { loadConfig } from '../platform/config/config.js';
import { createPool } from '../db/pool.js';
import { createPortalResolver } from '../db/portals/portalResolver.js';
import type { Gateway } from '../hubspot/gateway/gateway.js';
import { openHubSpot } from '../hubspot/gateway/openHubSpot.js';
import { createHubSpotInstruments } from '../hubspot/gateway/instruments.js';
import { createTokenInstruments } from '../hubspot/tokens/instruments.js';
import { createTransport } from '../hubspot/wire/transport.js';
import { createLogger } from '../platform/logger.js';
import { createMetrics } from '../platform/metrics.js';
import { recordsOf } from '../services/outbox/delivery/answeredRecord.js';
import { connectTemporal } from '../temporal/connection.js';
import { createTokenKeeperStarter } from '../temporal/tokens/starter.js';
import { createApi, readAll, type Answers, type Api } from './api.js';
import { clientEnvironment } from './environment.js';
import { CliError } from './errors.js';
import { run } from './run.js';
import { readSettings } from './settings.js';

/*
 * `npm run smoke`: one event through the real parts. It is captured over the API, delivered by the running worker,
 * read back from HubSpot through the gateway, and what it made is archived. Reads the environment of the service;
 * after `npm start`, that of what runs here.
 */

const DEADLINE_MS = 60_000;

const program = new Command('npm run smoke --')
  .description('Sends one event through the running service to HubSpot and reads it back.')
  .option('--portal <id>', 'the portal to send it to (without it: the last one that was connected)');

async function main({ portal }: { portal?: string }): Promise<void> {
  // It goes on with the rest of this environment: no context has a part in it.
  const settings = readSettings(clientEnvironment(), process.cwd());
  const api = createApi({ ...settings, source: { by: 'environment' } });
  const { mode } = await step('The API answers', () => api.get('/api/outbox/stats'));
  if (mode === 'off')
    throw new CliError('The outbox is switched off: set HUBSPOT_ENABLED=true for API and worker');
  const portalId = portal === undefined ? await anyPortal(api) : Number(portal);
  await api.get('/api/portals/{portalId}', { params: { path: { portalId } } }); // one that is not there is said so, before anything is captured
  const email = `smoke-${randomUUID()}@sluice.example.com`;

  const { id } = await step(`An event is captured for portal ${portalId}`, () =>
    capture(api, portalId, email),
  );
  const event = await step(`Event ${id} is processed`, () => processed(api, id));
  if (event.mode !== 'live') {
    say(
      `\n✓ It ran ${event.mode === 'dry' ? 'dry' : 'in the shadow'}: everything was done but the sending. HUBSPOT_SEND_LIVE=true sends.`,
    );
    return;
  }
  await throughTheGateway(async (gateway) => {
    const recordId = await step('The contact is in HubSpot', () => found(gateway, portalId, email));
    await step(`The contact ${recordId} is archived again`, async () => {
      const params = { objectType: 'contacts', objectId: recordId };
      const outcome = await gateway.request({
        resource: 'archiveObject',
        params,
        portalId,
        priority: 'interactive',
      });
      if (outcome.kind !== 'ok') throw new CliError(`HubSpot did not archive it: ${outcome.kind}`);
    });
  });
  say('\n✓ An event came through: API, database, Temporal, worker, HubSpot.');
}

async function capture(api: Api, portalId: number, email: string): Promise<Answers['CapturedEvent']> {
  const payload = { driverId: email, email, firstName: 'Smoke', source: 'npm run smoke' };
  const body = { type: 'driver_signed_up', payload, key: email, portalId, strict: true };
  const answer = await api.post('/api/events', { body });
  if ('id' in answer) return answer;
  throw new CliError('The event was not captured: the outbox is switched off');
}

async function anyPortal(api: Api): Promise<number> {
  const { items } = await readAll(api, '/api/portals', {}, Infinity, 200);
  const active = items.filter(({ state }) => state === 'active');
  const [portal] = active.sort((a, b) => Date.parse(b.installedAt) - Date.parse(a.installedAt));
  if (!portal) throw new CliError('No portal is connected: `npx sluice portals connect` connects one');
  return portal.portalId;
}

async function processed(api: Api, id: string): Promise<Answers['EventDetail']> {
  const until = performance.now() + DEADLINE_MS;
  for (;;) {
    const event = await api.get('/api/events/{id}', { params: { path: { id } } });
    if (event.state === 'processed') return event;
    if (event.state === 'dead' || event.state === 'invalid')
      throw new CliError(
        `The event is ${event.state}: ${event.lastError ?? ''} (npx sluice outbox show ${id})`,
      );
    if (performance.now() > until)
      throw new CliError(
        `The event is still ${event.state} after ${DEADLINE_MS / 1000} s${event.lastError ? `: ${event.lastError}` : ': does a worker run?'} (npx sluice outbox show ${id})`,
      );
    await delay(100);
  }
}

async function found(gateway: Gateway, portalId: number, email: string): Promise<string> {
  const outcome = await gateway.request({
    resource: 'readObjects',
    params: { objectType: 'contacts' },
    body: { idProperty: 'email', inputs: [{ id: email }], properties: ['email'], propertiesWithHistory: [] },
    ...{ portalId, priority: 'interactive' as const },
  });
  const record = outcome.kind === 'ok' ? recordsOf(outcome.body)[0] : undefined;
  if (!record)
    throw new CliError(`HubSpot does not have the contact, though the event is processed (${outcome.kind})`);
  return record.id;
}

/** A gateway of this process, closed at the end. */
async function throughTheGateway(work: (gateway: Gateway) => Promise<void>): Promise<void> {
  const config = loadConfig();
  const logger = createLogger({ ...config, LOG_LEVEL: 'warn' }, 'smoke');
  const pool = createPool({ ...config, DATABASE_POOL_SIZE: 3 }, { applicationName: 'sluice-smoke', logger });
  const temporal = connectTemporal(config);
  const transport = createTransport(config.HUBSPOT_API_BASE_URL);
  const portalResolver = createPortalResolver(pool);
  const metrics = createMetrics('smoke');
  const stops: (() => Promise<unknown>)[] = [
    () => pool.end(),
    () => temporal.close(),
    () => transport.close(),
  ];
  try {
    const { gateway } = openHubSpot({
      ...{ pool, portalResolver, transport, config, logger },
      owner: `smoke:${os.hostname()}:${process.pid}`,
      metrics: { hubspot: createHubSpotInstruments(metrics), tokens: createTokenInstruments(metrics) },
      keeper: createTokenKeeperStarter(temporal),
      onStop: (_, stop) => void stops.push(stop),
    });
    await work(gateway);
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  const from = performance.now();
  try {
    const result = await work();
    say(`  ✓ ${what} (${((performance.now() - from) / 1000).toFixed(2)} s)`);
    return result;
  } catch (error) {
    say(`  ✗ ${what}`);
    throw error;
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

run(program, main);
