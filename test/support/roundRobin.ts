import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface RoundRobin {
  readonly url: string;
  /** From now on connections go to these, one after the other. */
  spread(urls: readonly string[]): void;
  close(): Promise<void>;
}

/** A minimal load balancer: connections go to several processes in turn, and bytes are passed on unchanged. */
export async function startRoundRobin(): Promise<RoundRobin> {
  let ports: number[] = [];
  let next = 0;
  const sockets = new Set<Socket>();
  const server = createServer((incoming) => {
    const port = ports[next++ % ports.length];
    if (port === undefined) return void incoming.destroy();
    const outgoing = connect(port, 'localhost');
    for (const [one, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spread: (urls) => void (ports = urls.map((url) => Number(new URL(url).port))),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
