import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedCall {
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
  readonly items: readonly ReceivedChange[];
  readonly restored: boolean;
  readonly expired: boolean;
}
export interface ReceivedChange {
  readonly position: string;
  readonly recordId: string;
  readonly action: string;
  readonly changed: Readonly<Record<string, { before: string | null; after: string | null }>>;
}

export interface FeedReceiver {
  readonly url: string;
  readonly calls: ReceivedCall[];
  /** Every change that it took, in the order in which they came. */
  readonly taken: ReceivedChange[];
  /** What it answers; 200 unless a test says otherwise. */
  answers: (call: ReceivedCall) => number | Promise<number>;
  close(): Promise<void>;
}

/** What a webhook of the feed calls: a server on this machine. */
export async function startFeedReceiver(): Promise<FeedReceiver> {
  const calls: ReceivedCall[] = [];
  const taken: ReceivedChange[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const call = { headers: request.headers, text, ...(JSON.parse(text) as object) } as ReceivedCall;
      calls.push(call);
      void Promise.resolve(receiver.answers(call)).then((status) => {
        if (status < 300) taken.push(...call.items);
        response.writeHead(status).end();
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: FeedReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/feed`,
    ...{ calls, taken, answers: () => 200 },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}
