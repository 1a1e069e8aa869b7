import { createServer } from 'node:http';
import type { Health } from './health.js';
import { listenOn } from './listen.js';
import type { Logger } from './logger.js';
import type { Metrics } from './metrics.js';

interface Dependencies {
  readonly port: number;
  readonly host?: string | undefined;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

export interface ProbeServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** `/healthz`, `/readyz` and `/metrics` of a process that serves nothing else. */
export async function startProbeServer({
  port,
  host,
  health,
  metrics,
  logger,
}: Dependencies): Promise<ProbeServer> {
  const server = createServer((request, response) => {
    answer(request.url ?? '/').then(
      ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
      (error: unknown) => {
        logger.error('A probe failed', { error });
        response.writeHead(500).end();
      },
    );
  });
  server.headersTimeout = 5000;
  server.requestTimeout = 5000;

  async function answer(url: string): Promise<{ status: number; type: string; body: string }> {
    const path = url.split('?', 1)[0];
    if (path === '/metrics') {
      const { contentType, text } = await metrics.render();
      return { status: 200, type: contentType, body: text };
    }
    const report =
      path === '/healthz' ? health.live() : path === '/readyz' ? await health.ready() : undefined;
    const { status, body } = report ?? { status: 404, body: { paths: ['/healthz', '/readyz', '/metrics'] } };
    return { status, type: 'application/json', body: JSON.stringify(body) };
  }

  const bound = await listenOn(server, port, host);
  return {
    url: `http://localhost:${bound}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
