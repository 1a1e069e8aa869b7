import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Stack } from '../support/stack.js';
import type { CrashRoom, Load } from './crashRoom.js';

interface Receiver {
  /** When a notice came, on the sandbox's clock, as the deaths of processes are told. */
  arrivals(noticeId: string): readonly number[];
}

/** Longer than the answer to a notice takes to be booked. */
const BOOKED_WITHIN_MS = 10_000;

let receiving: Promise<Receiver> | undefined;

/** The URL that the workspace is told at: one for all labels. It ends with this process. */
function receiverOf(stack: Stack): Promise<Receiver> {
  receiving ??= listen(stack);
  return receiving;
}

async function listen(stack: Stack): Promise<Receiver> {
  const arrivals = new Map<string, number[]>();
  const note = async (id: string) => {
    const { nowMs } = await stack.sandbox.health();
    arrivals.set(id, [...(arrivals.get(id) ?? []), nowMs]);
  };
  const server: Server = createServer((request, response) => {
    note(String(request.headers['x-sluice-notice'])).then(
      () => response.writeHead(204).end(),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const { port } = server.address() as AddressInfo;
  await stack.api.must('PATCH', '/api/workspace', { notifyUrl: `http://127.0.0.1:${port}/` });
  return { arrivals: (id) => arrivals.get(id) ?? [] };
}

/** A notice is brought once, and once more where a process died between its answer and the booking. */
const told: Load['prepare'] = async (stack) => {
  const receiver = await receiverOf(stack);
  let portalId = 0;
  const notices = async () => {
    const { rows } = await stack.pool.query<{ id: string; state: string }>(
      `SELECT id, state FROM notices WHERE portal_id = $1 AND kind = 'portal.connected'`,
      [portalId],
    );
    return rows;
  };
  return {
    async begin() {
      portalId = await stack.connectPortal();
    },
    ended: async () => (await notices()).some(({ state }) => state === 'delivered'),
    async judge(deathsMs) {
      const [notice, ...others] = await notices();
      const came = notice ? receiver.arrivals(notice.id) : [];
      const lost = came.filter((at) => deathsMs.some((died) => died >= at && died - at < BOOKED_WITHIN_MS));
      const isRight = others.length === 0 && came.length >= 1 && came.length <= 1 + lost.length;
      return {
        problems: isRight
          ? []
          : [
              `${1 + others.length} notices; it came ${came.length} times, ${lost.length} answers may be lost`,
            ],
        figures: [['came', came.length]],
      };
    },
  };
};

export const workspaces: CrashRoom = {
  name: 'workspaces',
  alsoIn: ['src/platform/outbound/'],
  loads: [
    {
      name: 'a notice is to be delivered',
      process: 'worker',
      reaches: ['workspaces.notice.taken', 'workspaces.notice.started'],
      prepare: told,
    },
    {
      name: 'a notice is brought',
      process: 'worker',
      reaches: ['workspaces.notice.answered'],
      prepare: told,
    },
  ],
};
