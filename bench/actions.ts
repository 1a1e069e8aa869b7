import path from 'node:path';
import type { Stack } from '../test/support/stack.js';
import type { Benchmark } from './lib/benchmark.js';
import { startBuiltStack } from './lib/builtStack.js';
import { connectPortals, passThrough, perSecond, type Passage } from './lib/enrol.js';
import { installPeers, startPeer } from './lib/peers.js';
import { figure, table } from './lib/table.js';

const PORTALS = 10;
const CALLS = 10_000;
/** Of the peer, whose rate does not hang on how many there are. */
const PEER_CALLS = 1500;
/** Callers of each side: enough that nobody waits for the load. */
const CONCURRENCY = 320;
const WITHIN_MS = 120_000;

/**
 * Everything runs on this machine: sandbox (which is the load, too), API, one worker, Postgres (fsync on), Temporal.
 * Ours is all of it, from the signed call to the completion that HubSpot has taken, sealed and durable; the peer starts
 * a workflow of one activity for each call on the same Temporal, from as many callers, and keeps and tells nothing.
 */
const actions: Benchmark = {
  name: 'actions',
  title:
    "calls/s of an action of one's own whose handler takes 20 ms, first ack to last completion, against one Temporal workflow and activity a call",
  runs: 3,

  async run({ runs, quick, say }) {
    await installPeers(say);
    const stack = await startBuiltStack({
      workers: 1,
      env: {
        SLUICE_CONFIG: path.join(import.meta.dirname, '../test/support/ownDefinitions/waiting.config.mjs'),
      },
    });
    try {
      const { peer } = await startPeer('temporalActivity', {
        TEMPORAL_ADDRESS: stack.env.TEMPORAL_ADDRESS!,
        TEMPORAL_NAMESPACE: stack.env.TEMPORAL_NAMESPACE!,
      });
      try {
        const portals = await connectPortals(stack, PORTALS);
        await flood(stack, portals, 200); // warm: compiled code, as the peer is
        const found: Found[] = [];
        for (let n = 0; n < runs; n += 1) {
          const passage = await flood(stack, portals, quick ? 1000 : CALLS);
          const calls = quick ? 300 : PEER_CALLS;
          const { ms } = await peer.ask<{ ms: number }>({ calls, concurrency: CONCURRENCY });
          found.push({ passage, peerPerSecond: calls / (ms / 1000) });
        }
        const packs = await packsOf(stack);
        say(describe(found));
        say(
          `\n${figure(packs.runs / packs.packs)} runs a workflow, ${packs.tries} tries of ${packs.runs} runs`,
        );
        return [
          {
            what: 'calls/s ÷ one Temporal workflow and activity a call',
            values: found.map(({ passage, peerPerSecond }) => perSecond(passage) / peerPerSecond),
            atLeast: 3,
            unit: '×',
          },
          { what: 'runs tried twice', values: [packs.tries - packs.runs], atMost: 0, by: 'worst' },
        ];
      } finally {
        peer.stop();
      }
    } finally {
      await stack.stop();
    }
  },
};

export default actions;

interface Found {
  readonly passage: Passage;
  readonly peerPerSecond: number;
}

/** All at once, to a new workflow of each portal. */
async function flood(stack: Stack, portals: readonly number[], calls: number): Promise<Passage> {
  const flows = await Promise.all(
    portals.map((portalId) =>
      stack.addFlow(portalId, { action: 'wait', steps: [{ inputFields: { name: 'Ada' } }] }),
    ),
  );
  const plan = { count: calls / PORTALS, ratePerSecond: 0, concurrency: CONCURRENCY / PORTALS };
  return passThrough(stack, flows, plan, WITHIN_MS);
}

async function packsOf({ pool }: Stack): Promise<{ runs: number; packs: number; tries: number }> {
  const { rows } = await pool.query<{ runs: number; packs: number; tries: number }>(
    'SELECT count(*)::int AS runs, count(DISTINCT pack)::int AS packs, sum(attempts)::int AS tries FROM action_runs',
  );
  return rows[0] ?? { runs: 0, packs: 0, tries: 0 };
}

function describe(found: readonly Found[]): string {
  return table(
    ['run', 'calls/s', 'acks/s', 'Temporal workflows/s', 'ratio'],
    found.map(({ passage, peerPerSecond }, n) => [
      String(n + 1),
      figure(Math.round(perSecond(passage))),
      figure(Math.round((passage.count * 1000) / (passage.lastAckMs - passage.firstAckMs))),
      figure(Math.round(peerPerSecond)),
      figure(perSecond(passage) / peerPerSecond, '×'),
    ]),
  );
}
