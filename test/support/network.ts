import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a server on which the network can fail in the two ways in which networks do. */
export interface Network {
  readonly port: number;
  /**
   * What runs over the connections that there are goes nowhere: nothing arrives, nothing ends. New ones work. Returns
   * how many there were.
   */
  swallow(): number;
  /** Nobody gets through: connections end, and new ones are refused. */
  refuse(): Promise<void>;
  /** Nothing gets through: what is sent is swallowed, also on connections that are made from now on. */
  blackHole(): void;
  /** New connections work again. */
  mend(): Promise<void>;
  stop(): Promise<void>;
}

export async function startNetwork(host: string, farPort: number): Promise<Network> {
  const pairs = new Set<readonly [Socket, Socket]>();
  /** Not even the end of one side reaches the other. */
  const cut = new Set<readonly [Socket, Socket]>();
  let swallows = false;
  const server = createServer((near) => {
    const far = connect(farPort, host);
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const socket of pair) socket.on('error', () => undefined); // its end is what counts
    if (swallows) sink(pair);
    else {
      near.pipe(far);
      far.pipe(near);
    }
    for (const [one, other] of [pair, [far, near] as const])
      one.on('close', () => {
        if (!cut.has(pair)) other.destroy();
        if (!other.destroyed) return;
        pairs.delete(pair);
        cut.delete(pair);
      });
  });
  const listen = (port: number) =>
    new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const sockets of pairs) for (const socket of sockets) socket.destroy();
    await closed;
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;

  function sink(pair: readonly [Socket, Socket]): void {
    cut.add(pair);
    const [near, far] = pair;
    near.unpipe(far);
    far.unpipe(near);
    for (const socket of pair) socket.on('data', () => undefined);
  }

  function swallow(): number {
    for (const pair of pairs) sink(pair);
    return pairs.size;
  }

  return {
    port,
    swallow,
    refuse: close,
    blackHole() {
      swallows = true;
      swallow();
    },
    async mend() {
      swallows = false;
      if (!server.listening) await listen(port);
    },
    stop: close,
  };
}
