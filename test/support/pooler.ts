import { createServer, type AddressInfo, type Socket } from 'node:net';
import pg from 'pg';

/*
 * A pooler between the service and Postgres, which behaves as PgBouncer does where that matters to a client: it refuses
 * start-up parameters that it does not know, shows a process id of its own making, and gives a connection of the server
 * to one client for as long as that is connected (`session`) or for a transaction (`transaction`), the last one used
 * first. It asks for no password: what it connects to does.
 */

export type PoolMode = 'session' | 'transaction';

export interface Pooler {
  /** The URL of the server, through the pooler. */
  through(url: string): string;
  stop(): Promise<void>;
}

/** What PgBouncer takes by default (https://www.pgbouncer.org/config.html#ignore_startup_parameters). */
const KNOWN = new Set([
  ...['user', 'database', 'application_name', 'client_encoding'],
  ...['datestyle', 'timezone', 'standard_conforming_strings'],
]);
const SSL_REQUEST = 80_877_103;

export async function startPooler(mode: PoolMode): Promise<Pooler> {
  const targets = new Map<string, string>();
  const idle = new Map<string, Socket[]>();
  const open = new Set<Socket>();
  const server = createServer((client) => {
    open.add(client);
    client.on('close', () => open.delete(client));
    client.on('error', () => client.destroy());
    serve(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  async function backend(target: string): Promise<Socket> {
    const free = idle.get(target)?.pop();
    if (free && !free.destroyed) return free;
    const connected = new pg.Client({ connectionString: target });
    await connected.connect();
    // From here on its bytes are the client's.
    const socket = (connected as unknown as { connection: { stream: Socket } }).connection.stream;
    socket.removeAllListeners();
    open.add(socket);
    socket.on('error', () => socket.destroy());
    return socket;
  }

  function serve(client: Socket): void {
    let target: string | undefined;
    let mine: Promise<Socket> | undefined;
    let before = Buffer.alloc(0);

    function startUp(bytes: Buffer): void {
      before = Buffer.concat([before, bytes]);
      if (before.length < 8 || before.length < before.readInt32BE(0)) return;
      const packet = before.subarray(0, before.readInt32BE(0));
      before = before.subarray(packet.length);
      if (packet.readInt32BE(4) === SSL_REQUEST) return void client.write('N');
      const words = packet.subarray(8).toString('utf8').split('\0');
      const given = new Map<string, string>();
      for (let at = 0; words[at]; at += 2) given.set(words[at] ?? '', words[at + 1] ?? '');
      const strange = [...given.keys()].find((name) => !KNOWN.has(name.toLowerCase()));
      target = targets.get(`${given.get('user')}@${given.get('database')}`);
      if (strange !== undefined) refuse(`unsupported startup parameter: ${strange}`);
      else if (target === undefined) refuse('no such database');
      else client.write(Buffer.concat([message('R', int(0)), key(), message('Z', Buffer.from('I'))]));
    }

    function refuse(words: string): void {
      client.end(message('E', Buffer.from(`SFATAL\0VFATAL\0C08P01\0M${words}\0\0`)));
    }

    function take(from: string): Promise<Socket> {
      return backend(from).then((socket) => {
        const frames = readyStates();
        socket.on('data', (bytes: Buffer) => {
          client.write(bytes);
          if (frames(bytes) !== 'I' || mode === 'session') return;
          mine = undefined;
          socket.removeAllListeners('data');
          idle.set(from, [...(idle.get(from) ?? []), socket]);
        });
        socket.on('close', () => client.destroy());
        return socket;
      });
    }

    client.on('data', (bytes: Buffer) => {
      if (target === undefined) return startUp(bytes);
      if (bytes[0] === 'X'.charCodeAt(0)) return void client.end();
      mine ??= take(target);
      mine.then(
        (socket) => socket.write(bytes),
        () => client.destroy(),
      );
    });
    // A session that ends takes its locks and settings with it.
    client.on('close', () => void mine?.then((socket) => socket.destroy()).catch(() => undefined));
  }

  return {
    through(url) {
      const { username, pathname } = new URL(url);
      targets.set(`${decodeURIComponent(username)}@${pathname.slice(1)}`, url);
      const pooled = new URL(url);
      pooled.hostname = '127.0.0.1';
      pooled.port = String(port);
      return pooled.href;
    },
    async stop() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The state of the last ReadyForQuery in what a server says, which comes in pieces; undefined: none is complete. */
function readyStates(): (bytes: Buffer) => string | undefined {
  let left = Buffer.alloc(0);
  return (bytes) => {
    left = Buffer.concat([left, bytes]);
    let state: string | undefined;
    while (left.length >= 5 && left.length >= 1 + left.readInt32BE(1)) {
      const length = 1 + left.readInt32BE(1);
      state = left[0] === 'Z'.charCodeAt(0) ? String.fromCharCode(left[5] ?? 0) : undefined;
      left = left.subarray(length);
    }
    return state;
  };
}

function message(type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(type), int(4 + body.length), body]);
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** BackendKeyData of no backend. */
function key(): Buffer {
  return message('K', Buffer.concat([int(1), int(Math.floor(Math.random() * 2 ** 30))]));
}
