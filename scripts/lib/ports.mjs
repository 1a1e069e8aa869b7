import net from 'node:net';

/** Whether nothing listens on this port of the loopback, neither by IPv4 nor by IPv6. */
export async function isFree(port) {
  for (const host of ['127.0.0.1', '::1', '0.0.0.0']) {
    if (!(await canListen(port, host))) return false;
  }
  return true;
}

/**
 * The preferred port if it is free, else one that the system picks. The change is said, so that nobody looks for a
 * service on the preferred port.
 * @param {number} preferred 0 = any
 * @param {{ what?: string, say?: (line: string) => void }} [options]
 */
export async function pickPort(preferred, { what = 'a service', say = () => {} } = {}) {
  if (preferred !== 0 && (await isFree(preferred))) return preferred;
  const port = await anyPort();
  if (preferred !== 0) say(`Port ${preferred} is in use, so ${what} takes ${port}.`);
  return port;
}

function canListen(port, host) {
  return new Promise((resolve) => {
    const server = net.createServer();
    // A machine without IPv6 gives another error: its port is not in use.
    server.once('error', (error) => resolve(error.code !== 'EADDRINUSE' && error.code !== 'EACCES'));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function anyPort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Whether something listens at `host:port`. */
export function isReachable(address, timeoutMs = 5000) {
  const { hostname, port } = new URL(`tcp://${address}`);
  return new Promise((resolve) => {
    const socket = net.connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) });
    const done = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeoutMs, () => done(false));
    socket.once('error', () => done(false));
    socket.once('connect', () => done(true));
  });
}
