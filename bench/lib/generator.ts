import { Socket } from 'node:net';
import { createActionBody } from '../../sandbox/throttle/actionBody.js';
import { signV1, signV2 } from '../../sandbox/throttle/signatures.js';
import type { LoadPlan, LoadResult } from './load.js';

/*
 * A process of its own that posts signed action calls (load.ts starts it). All bytes are made before the clock runs,
 * and sockets are read without an HTTP library, so that it takes little of the machine that it shares with what it
 * measures.
 */

const HEAD_END = '\r\n\r\n';
const BLOCK = '"BLOCK"';

/** The bytes of each call, in the order in which they are sent: steps take turns. */
function makeRequests(plan: LoadPlan): Buffer[] {
  const url = new URL(plan.path, plan.publicUrl);
  const bodies = plan.steps.map((step) =>
    createActionBody({
      ...step,
      action: { actionDefinitionId: step.actionDefinitionId, version: 6 },
      inputFields: plan.inputFields,
    }),
  );
  return Array.from({ length: plan.count }, (_, n) => {
    const step = plan.steps[n % plan.steps.length]!;
    const enrollmentId = plan.firstEnrollmentId + n;
    const body = bodies[n % bodies.length]!(
      `ap-${step.portalId}-${enrollmentId}-1-0`,
      enrollmentId,
      0,
      n + 1,
    );
    const signature = signV2(plan.secret, 'POST', url.href, body);
    return Buffer.from(
      `POST ${url.pathname} HTTP/1.1\r\nhost: ${url.host}\r\ncontent-type: application/json\r\n` +
        `content-length: ${Buffer.byteLength(body)}\r\nx-hubspot-signature: ${signature}\r\n` +
        `x-hubspot-signature-version: v2\r\n${HEAD_END.slice(2)}${body}`,
    );
  });
}

/** The same of webhooks: each event is one that nobody has had. */
function makeWebhooks(plan: LoadPlan, eventsPerCall: number): Buffer[] {
  const url = new URL(plan.path, plan.publicUrl);
  const occurredAt = Date.now();
  return Array.from({ length: plan.count }, (_, n) => {
    const { portalId } = plan.steps[n % plan.steps.length]!;
    const events = Array.from({ length: eventsPerCall }, (_, k) => ({
      ...{
        eventId: plan.firstEnrollmentId + n * eventsPerCall + k,
        subscriptionId: 12_345,
        portalId,
        appId: 1,
      },
      ...{ occurredAt, subscriptionType: 'contact.propertyChange', attemptNumber: 0 },
      ...{
        objectId: 1 + ((n * eventsPerCall + k) % 4000),
        propertyName: 'email',
        propertyValue: 'a@example.com',
      },
      changeSource: 'IMPORT',
    }));
    const body = JSON.stringify(events);
    return Buffer.from(
      `POST ${url.pathname} HTTP/1.1\r\nhost: ${url.host}\r\ncontent-type: application/json\r\n` +
        `content-length: ${Buffer.byteLength(body)}\r\nx-hubspot-signature: ${signV1(plan.secret, body)}\r\n` +
        `x-hubspot-signature-version: v1\r\n${HEAD_END.slice(2)}${body}`,
    );
  });
}

/** One kept-alive connection with at most one request on it. */
class Connection {
  readonly #socket = new Socket();
  #partial: Buffer | undefined;
  #done: ((status: number, blocked: boolean) => void) | undefined;

  constructor(port: number, ready: () => void, failed: (error: Error) => void) {
    this.#socket.setNoDelay(true);
    this.#socket.on('error', failed);
    this.#socket.on('end', () => failed(new Error('The server closed a connection')));
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#socket.connect(port, '127.0.0.1', ready);
  }

  send(request: Buffer, done: (status: number, blocked: boolean) => void): void {
    this.#done = done;
    this.#socket.write(request);
  }

  close(): void {
    this.#socket.removeAllListeners();
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    const data = this.#partial ? Buffer.concat([this.#partial, chunk]) : chunk;
    const headEnd = data.indexOf(HEAD_END, 0, 'latin1');
    const head = headEnd < 0 ? '' : data.toString('latin1', 0, headEnd);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
    if (headEnd < 0 || data.length < headEnd + HEAD_END.length + length) {
      this.#partial = data;
      return;
    }
    if (Number.isNaN(length)) throw new Error(`An answer has no content-length:\n${head}`);
    this.#partial = undefined;
    const done = this.#done;
    this.#done = undefined;
    done?.(Number(head.slice(9, 12)), data.includes(BLOCK, headEnd, 'latin1'));
  }
}

function connect(plan: LoadPlan, failed: (error: Error) => void): Promise<Connection[]> {
  return Promise.all(
    Array.from(
      { length: plan.connections },
      () =>
        new Promise<Connection>((resolve, reject) => {
          let open = false;
          const connection: Connection = new Connection(
            plan.port,
            () => {
              open = true;
              resolve(connection);
            },
            (error) => (open ? failed(error) : reject(error)),
          );
        }),
    ),
  );
}

async function run(plan: LoadPlan, requests: readonly Buffer[]): Promise<LoadResult> {
  let fail: (error: Error) => void = () => {};
  const failure = new Promise<never>((_, reject) => (fail = reject));
  const connections = await connect(plan, (error) => fail(error));
  const latencyMs = new Float64Array(requests.length);
  const statuses = new Map<number, number>();
  let blocked = 0;
  let sent = 0;
  let answered = 0;
  const free = [...connections];
  const queue: { at: number }[] = [];
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();

  const finished = new Promise<void>((resolve) => {
    const send = (connection: Connection, dueAt: number): void => {
      const n = sent;
      sent += 1;
      connection.send(requests[n]!, (status, isBlock) => {
        latencyMs[n] = performance.now() - dueAt;
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (isBlock) blocked += 1;
        answered += 1;
        if (answered === requests.length) return resolve();
        if (plan.perSecond === null) {
          if (sent < requests.length) send(connection, performance.now());
          return;
        }
        const next = queue.shift();
        if (next) send(connection, next.at);
        else free.push(connection);
      });
    };
    if (plan.perSecond === null) {
      for (const connection of connections.slice(0, requests.length)) send(connection, performance.now());
      return;
    }
    // Open loop: a call is due when the rate says so, however long the answers take; its latency counts from there.
    const gapMs = 1000 / plan.perSecond;
    let due = 0;
    const tick = setInterval(() => {
      const now = performance.now();
      for (; due < requests.length && startedAt + due * gapMs <= now; due += 1) {
        const at = startedAt + due * gapMs;
        const connection = free.pop();
        if (connection) send(connection, at);
        else queue.push({ at });
      }
      if (due === requests.length) clearInterval(tick);
    }, 1);
  });
  await Promise.race([finished, failure]);

  const seconds = (performance.now() - startedAt) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  for (const connection of connections) connection.close();
  return {
    seconds,
    perSecond: requests.length / seconds,
    latencyMs,
    statuses: Object.fromEntries(statuses),
    blocked,
    cores: (cpu.user + cpu.system) / 1e6 / seconds,
  };
}

let plan: LoadPlan | undefined;
let requests: Buffer[] = [];

process.on('message', (message: { prepare: LoadPlan } | { run: true }) => {
  if ('prepare' in message) {
    plan = message.prepare;
    const { eventsPerCall } = plan;
    requests = eventsPerCall === undefined ? makeRequests(plan) : makeWebhooks(plan, eventsPerCall);
    process.send?.({ prepared: true });
  } else if (plan) {
    run(plan, requests).then(
      (result) => process.send?.({ result }),
      (error: unknown) => process.send?.({ failed: error instanceof Error ? error.message : String(error) }),
    );
  }
});
process.on('disconnect', () => process.exit()); // who started it is gone
