import net from 'node:net';

const PROTOCOL_3 = 196_608;

/**
 * Whether a Postgres on this port takes logins. A port that is open is not enough: while it recovers from a crash it
 * answers every login with an error.
 */
export function acceptsLogins(port, host = '127.0.0.1') {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host });
    const done = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1000, () => done(false));
    socket.once('error', () => done(false));
    socket.once('close', () => done(false));
    socket.once('connect', () => socket.write(startupMessage()));
    // "R" asks for a password: Postgres takes logins. "E" is an error.
    socket.once('data', (answer) => done(answer.toString('latin1', 0, 1) === 'R'));
  });
}

function startupMessage() {
  const body = Buffer.from('user\0postgres\0database\0postgres\0\0');
  const head = Buffer.alloc(8);
  head.writeInt32BE(body.length + 8, 0);
  head.writeInt32BE(PROTOCOL_3, 4);
  return Buffer.concat([head, body]);
}
