import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isDefinitionsPath, serveDefinitions } from './actions/serveDefinitions.js';
import { json } from './platform/answer.js';
import type { AppCredentials } from './oauth/app.js';
import { systemClock, type Clock } from './platform/clock.js';
import { createControlRouter } from './control/router.js';
import { createControlRoutes } from './control/routes.js';
import { send } from './platform/http.js';
import { serveApi } from './hubspot/serveApi.js';
import { serveOAuth } from './oauth/serveOAuth.js';
import { createPage } from './control/page.js';
import { serveJournal, serveJournalFile } from './webhooks/serveJournal.js';
import { serveSubscriptions } from './webhooks/serveSubscriptions.js';
import { World } from './world.js';

export interface SandboxOptions {
  port?: number;
  app?: Partial<AppCredentials>;
  seed?: number;
  clock?: Clock;
  onError?: (error: unknown) => void;
}

export interface Sandbox {
  url: string;
  /** Closes open connections as well, without waiting for their callers. */
  close(): Promise<void>;
}

const MAX_HEADER_BYTES = 256 * 1024;

const DEFAULT_APP: AppCredentials = {
  appId: 1_512_050,
  clientId: 'sandbox-client-id',
  clientSecret: 'sandbox-client-secret',
  redirectUris: [],
};

/** Starts the sandbox: `/_sandbox/*` is its control API, `/` its page, every other path is HubSpot's API. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const clock = options.clock ?? systemClock;
  const app = { ...DEFAULT_APP, ...options.app };
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
  let world = new World(app, clock, seed);
  const reset = async () => {
    const old = world;
    world = new World(app, clock, seed);
    await old.close();
  };
  const control = createControlRouter(createControlRoutes(reset), () => world);
  const page = await createPage();

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    if (path.startsWith('/_sandbox')) return send(response, await control(request));
    const asset = request.method === 'GET' ? page(path) : undefined;
    if (asset) return send(response, asset);
    if (path.startsWith('/oauth/')) return serveOAuth(world, request, response);
    if (path.startsWith('/webhooks-journal/')) return serveJournal(world, request, response);
    if (path.startsWith('/journal-files/')) return serveJournalFile(world, request, response);
    if (/^\/(?:app-)?webhooks\//.test(path)) return serveSubscriptions(world, request, response);
    if (isDefinitionsPath(path)) return serveDefinitions(world, request, response);
    return serveApi(world, request, response);
  }

  // Room for addresses that are too long for HubSpot, so that they are answered as HubSpot does.
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
    serve(request, response).catch((error: unknown) => {
      // The caller closed the connection in the middle of its request: no error of the sandbox.
      if (request.destroyed && !request.complete) return;
      options.onError?.(error);
      if (response.headersSent) response.destroy();
      else send(response, json(500, { error: 'The sandbox failed', message: String(error) }));
    });
  });
  // Longer than any client keeps an idle connection, so that the sandbox does not close one as a request arrives.
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await world.close();
    },
  };
}
