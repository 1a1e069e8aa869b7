import { until } from '../support/stack.js';
import type { Fault } from './fault.js';
import { setGate, type Boundary } from './gate.js';
import { judgeOutbox, outboxPlay, untilDelivered, type OutboxPlay } from './outbox.js';

/** Where the worker dies, in the order in which an event passes. */
interface Crash {
  readonly name: string;
  /** Lets the worker come to the boundary; resolves when it stands there. */
  approach(play: OutboxPlay): Promise<{ afterDeath(): Promise<void> }>;
}

const DRIVERS = 6;
const CAUGHT_MS = 60_000;

const TAKE: Boundary = { table: 'outbox_inbox', event: 'DELETE', at: 'before' };
const ENQUEUE: Boundary = { table: 'outbox_pending', event: 'INSERT', at: 'before' };
const ENQUEUED: Boundary = { table: 'outbox_pending', event: 'INSERT', at: 'commit' };
const CLAIM: Boundary = { table: 'outbox_claims', event: 'INSERT', at: 'before' };
const CLAIMED: Boundary = { table: 'outbox_claims', event: 'INSERT', at: 'commit' };
const INTEND: Boundary = { table: 'outbox_ledger', event: 'INSERT', at: 'before' };
const INTENDED: Boundary = { table: 'outbox_ledger', event: 'INSERT', at: 'commit' };
const RESOLVE: Boundary = { table: 'outbox_ledger', event: 'UPDATE', at: 'before' };
const RESOLVED: Boundary = { table: 'outbox_ledger', event: 'UPDATE', at: 'commit' };
const SETTLE: Boundary = { table: 'outbox_history', event: 'INSERT', at: 'before' };
const SETTLED: Boundary = { table: 'outbox_history', event: 'INSERT', at: 'commit' };
const SLEEP: Boundary = {
  table: 'outbox_portals',
  event: 'UPDATE',
  when: 'OLD.active_until IS NOT NULL AND NEW.active_until IS NULL',
  at: 'before',
};

/** At a gate in the database: what was under way there is undone, or stands although nobody heard of it. */
function atGate(name: string, boundary: Boundary, fate: 'rollBack' | 'letThrough'): Crash {
  return {
    name,
    async approach(play) {
      const gate = await setGate(play.stack, boundary);
      await play.capture(DRIVERS);
      await gate.caught(CAUGHT_MS);
      return { afterDeath: () => gate[fate]() };
    },
  };
}

type CallFault = { kind: 'noAnswer' } | { kind: 'latency'; latencyMs: number };
/** HubSpot applies it a second later; by then there is nobody to hear the answer. */
const APPLIED: CallFault = { kind: 'latency', latencyMs: 1000 };
const NEVER: CallFault = { kind: 'noAnswer' };

/** During the first call after this boundary: HubSpot has it, and has not answered. */
function duringCall(name: string, target: 'crm' | 'associations', after: Boundary, fault: CallFault): Crash {
  return {
    name,
    async approach(play) {
      const { stack, portalId } = play;
      const gate = await setGate(stack, after);
      await play.capture(DRIVERS);
      await gate.caught(CAUGHT_MS);
      const { id } = await stack.sandbox.fault({ target, portalId, ...fault });
      const before = (await stack.sandbox.health()).requests;
      await gate.letThrough();
      const calls = target === 'crm' ? /\/crm\/objects\// : /\/crm\/associations\//;
      await until(
        'the call has arrived at HubSpot',
        async () =>
          (await stack.sandbox.requests({ portalId, after: before - 1 })).items.some(({ path }) =>
            calls.test(path),
          ),
        CAUGHT_MS,
        10,
      );
      return { afterDeath: () => stack.sandbox.endFault(id) };
    },
  };
}

const CRASHES: readonly Crash[] = [
  atGate('taken from the inbox', TAKE, 'rollBack'),
  atGate('being enqueued', ENQUEUE, 'rollBack'),
  atGate('enqueued, nobody woken', ENQUEUED, 'letThrough'),
  atGate('being claimed', CLAIM, 'rollBack'),
  atGate('claimed, nothing sent', CLAIMED, 'letThrough'),
  duringCall('first call sent, never applied', 'crm', CLAIMED, NEVER),
  duringCall('first call sent, applied, not answered', 'crm', CLAIMED, APPLIED),
  atGate('a create is to be noted', INTEND, 'rollBack'),
  atGate('a create is noted, not sent', INTENDED, 'letThrough'),
  duringCall('a create is sent, never applied', 'crm', INTENDED, NEVER),
  duringCall('a create is sent, applied, not answered', 'crm', INTENDED, APPLIED),
  atGate('a create was answered, its id not booked', RESOLVE, 'rollBack'),
  atGate('the id of a create is booked, no association made', RESOLVED, 'letThrough'),
  duringCall('an association is sent, never applied', 'associations', RESOLVED, NEVER),
  duringCall('an association is sent, applied, not answered', 'associations', RESOLVED, APPLIED),
  atGate('everything answered, nothing settled', SETTLE, 'rollBack'),
  atGate('settled', SETTLED, 'letThrough'),
  atGate('going to sleep', SLEEP, 'rollBack'),
];

export const workerKilledInADelivery: Fault = {
  id: 'O01',
  covers: ['F02', 'F03'],
  title: 'the worker is killed at each boundary between inbox, claim, sending, answer and settling of events',
  async run({ stack: createStack, say }) {
    const play = await outboxPlay(createStack);
    const [worker] = play.stack.workers;
    await play.capture(2);
    await untilDelivered(play, 60_000);
    for (const crash of CRASHES) {
      const { afterDeath } = await crash.approach(play);
      await worker!.kill('SIGKILL');
      await afterDeath();
      await worker!.restart();
      say(`killed at "${crash.name}"`);
    }
    // Claims of the dead end after 30 s; a create of which no trace is found is made again when the search must have
    // shown it, after 2 min.
    await untilDelivered(play, 240_000);
    return judgeOutbox(play, {}, { figures: [['boundaries', CRASHES.length]] });
  },
};
