import { createServer, type RequestListener, type Server } from 'node:http';
import type { Config } from '../../platform/config/config.js';
import type { Health } from '../../platform/health.js';
import type { Lifecycle } from '../../platform/lifecycle.js';
import { hostOf, listenOn } from '../../platform/listen.js';
import type { SignedCalls } from './signedCalls.js';

interface Dependencies {
  readonly config: Config;
  readonly lifecycle: Lifecycle;
}

interface Plan {
  readonly name: string;
  readonly port: number;
  /** How long a request may take to arrive. */
  readonly requestTimeoutMs: number;
  readonly handle: RequestListener;
}

/** A listener with a ceiling for what connects, and an orderly end. Resolves with its port. */
export async function openListener(
  { config, lifecycle }: Dependencies,
  { name, port, requestTimeoutMs, handle }: Plan,
): Promise<number> {
  const server = createServer((request, response) => {
    // Senders that keep their connections alive would otherwise hold the shutdown up for as long as they send.
    if (lifecycle.stopping) response.shouldKeepAlive = false;
    handle(request, response);
  });
  server.headersTimeout = 10_000;
  server.requestTimeout = requestTimeoutMs;
  // Longer than the idle time-out of the usual load balancers (60 s): so they close first, and none sends into a
  // closing socket.
  server.keepAliveTimeout = 65_000;
  server.maxConnections = config.MAX_CONNECTIONS;
  const bound = await listenOn(server, port, hostOf(config));
  lifecycle.onStop(name, () => close(server));
  return bound;
}

/** Accepts nothing new and waits for what is being answered; connections that idle are closed. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}

/**
 * The API's listener, which takes HubSpot's calls as well, or says where they are taken: past Express, since hundreds
 * of them arrive in a second and none needs what it does to a request.
 */
export function apiListener(signed: SignedCalls, app: RequestListener): RequestListener {
  return (request, response) => {
    if (!signed(request, response)) app(request, response);
  };
}

/** The intake's listener serves HubSpot's calls, and what a load balancer asks. */
export function intakeListener(signed: SignedCalls, health: Health): RequestListener {
  return (request, response) => {
    if (signed(request, response)) return;
    const probe =
      request.url === '/healthz' ? health.live() : request.url === '/readyz' ? health.ready() : undefined;
    void Promise.resolve(probe ?? NOT_HERE).then(({ status, body }) => {
      const text = JSON.stringify(body);
      response.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(text);
    });
  };
}

const NOT_HERE = { status: 404, body: { message: "HubSpot's calls alone are taken here" } };
