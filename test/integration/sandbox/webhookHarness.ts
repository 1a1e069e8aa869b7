import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startCrm } from './crmHarness.js';
import { PORTAL } from './harness.js';

export interface SentEvent {
  eventId: number;
  subscriptionId: number;
  portalId: number;
  subscriptionType: string;
  attemptNumber: number;
  [field: string]: unknown;
}

export interface Push {
  atMs: number;
  headers: IncomingMessage['headers'];
  body: string;
  events: SentEvent[];
}

/** How one push is answered: a status, or nothing for ever. */
export type PushReply = number | 'never';

/** A sandbox with the app in one portal, and the target of its webhooks, both on real sockets. */
export async function startWebhooks(
  reply: (push: Push, number: number) => PushReply | Promise<PushReply> = () => 200,
) {
  const crm = await startCrm();
  const pushes: Push[] = [];
  let [open, mostOpen] = [0, 0];
  const server = createServer((request, response) => {
    open += 1;
    mostOpen = Math.max(mostOpen, open);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const push = { atMs: performance.now(), headers: request.headers, body, events: JSON.parse(body) };
      pushes.push(push);
      void Promise.resolve(reply(push, pushes.length)).then((status) => {
        open -= 1;
        if (status !== 'never') response.writeHead(status).end();
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const targetUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/hooks?a=1`;
  return {
    ...crm,
    pushes,
    targetUrl,
    mostOpen: () => mostOpen,
    /** All events that came, in their order. */
    events: () => pushes.flatMap(({ events }) => events),
    set: (plan: Record<string, unknown> = {}) =>
      crm.control('PUT', '/webhooks', { targetUrl, retryBaseMs: 20, ...plan }),
    end: () => crm.control('DELETE', '/webhooks'),
    counts: async () => (await crm.control('GET', '/webhooks')).body,
    seed: (count: number) =>
      crm.control('POST', `/portals/${PORTAL}/crm/contacts/seed`, {
        count,
        properties: { firstname: 'N{n}' },
      }),
    async close() {
      await crm.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type WebhookHarness = Awaited<ReturnType<typeof startWebhooks>>;
