import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createOutboundCalls } from '../../../src/platform/outbound/outboundCalls.js';
import type { Pool } from '../../../src/db/pool.js';
import type { ReceivedCall } from '../../support/feedReceiver.js';
import { WORKSPACE } from '../../support/throttle.js';
import { OTHER_PORTAL, PORTAL, useConsumers } from './consumerRig.js';

const rig = useConsumers();
const { ask, webhook, shown, put, allShown, deliver, retryNow } = rig;
const admin = (text: string, values: unknown[] = []) => rig.harness.database.admin.query(text, values);

const RUNS = 25;
const RECORDS = 6;
/** One wants everything, one some of it. */
const CONSUMERS = {
  everything: {},
  some: { portalIds: [PORTAL], objectTypes: ['contacts'], initial: false },
};
type Name = keyof typeof CONSUMERS;

/** What a receiver does with a call: `doubled` and `silent` take it, and do not say so. */
const BEHAVIOURS = ['takes', 'takes', 'refuses', 'busy', 'doubled', 'silent'] as const;
type Behaviour = (typeof BEHAVIOURS)[number];

const somePages = fc.uniqueArray(
  fc.record({
    portalId: fc.constantFrom(PORTAL, OTHER_PORTAL),
    objectType: fc.constantFrom('contacts', 'companies'),
    initial: fc.boolean(),
    records: fc.uniqueArray(fc.integer({ min: 1, max: RECORDS }), { minLength: 1 }),
  }),
  { minLength: 1, maxLength: 3, selector: ({ portalId, objectType }) => `${portalId}/${objectType}` },
);
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('write' as const), pages: somePages }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('open' as const), record: fc.integer({ min: 1, max: RECORDS }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('commit' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('redrive' as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('deliver' as const),
      names: fc.constantFrom<Name[]>(
        ['everything'],
        ['some'],
        ['everything', 'some'],
        ['everything', 'everything'],
      ),
      // After so many transactions the process is dead: before, between and behind its calls.
      diesAfter: fc.option(fc.integer({ min: 0, max: 16 }), { freq: 2 }),
      answers: fc.array(fc.constantFrom(...BEHAVIOURS), { minLength: 1, maxLength: 6 }),
      refused: fc.uniqueArray(fc.integer({ min: 1, max: RECORDS }), { maxLength: 2 }),
    }),
  },
);

type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

interface Seen {
  readonly position: string;
  readonly portalId: number;
  readonly objectType: string;
  readonly recordId: string;
}

class Died extends Error {}

/** The database of a process that dies after so many transactions. */
function dying(pool: Pool, after: number | null): Pool {
  let left = after ?? Infinity;
  return new Proxy(pool, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== 'function') return value;
      if (name !== 'connect' && name !== 'query') return value.bind(target) as unknown;
      return (...args: unknown[]) => {
        left -= 1;
        return left < 0 ? Promise.reject(new Died()) : (value.apply(target, args) as unknown);
      };
    },
  });
}

/** The feed by the database's own word: what each consumer is to have, in its order. */
async function truthFor(name: Name): Promise<string[][]> {
  const { rows } = await admin(
    `SELECT transaction_id || '.' || id AS place, portal_id || '/' || object_type || '/' || record_id AS record FROM crm_changes
      WHERE $1 OR (portal_id = $2 AND object_type = 'contacts' AND NOT initial) ORDER BY generation, transaction_id, id`,
    [name === 'everything', PORTAL],
  );
  return (rows as { place: string; record: string }[]).map(({ place, record }) => [record, place]);
}
const byRecord = (all: readonly string[][]) => {
  const records = new Map<string, string[]>();
  for (const [record, place] of all) records.set(record!, [...(records.get(record!) ?? []), place!]);
  return records;
};

async function play(steps: readonly Step[]) {
  for (const table of ['crm_consumers', 'crm_dead_changes', 'crm_records', 'crm_changes'])
    await admin(`DELETE FROM ${table}`);
  const seen: Record<Name, Seen[]> = { everything: [], some: [] };
  for (const name of Object.keys(CONSUMERS) as Name[]) await webhook(name, CONSUMERS[name]);
  const outbound = createOutboundCalls({ allowLocal: true, deadlineMs: 150 });
  let open: { commit: () => Promise<void> } | undefined;

  const answer = (answers: readonly Behaviour[], refused: readonly number[]) => {
    let calls = 0;
    return async ({ headers, items }: ReceivedCall): Promise<number> => {
      const behaviour = answers[calls % answers.length]!;
      calls += 1;
      if (behaviour === 'busy') return 503;
      if (behaviour === 'refuses' && items.some(({ recordId }) => refused.includes(Number(recordId))))
        return 422;
      seen[headers['x-sluice-consumer'] as Name].push(...(items as unknown as Seen[]));
      if (behaviour === 'silent') await new Promise((resolve) => setTimeout(resolve, 200));
      return behaviour === 'doubled' ? 500 : 200;
    };
  };
  const turn = async (name: Name, diesAfter: number | null) => {
    try {
      return await deliver(name, { outbound, pool: dying(rig.harness.database.pool, diesAfter) });
    } catch (error) {
      if (!(error instanceof Died)) throw error;
      // Its lease is over, some time after it died.
      await admin('UPDATE crm_consumers SET lease_until = NULL WHERE name = $1', [name]);
      return undefined;
    }
  };

  for (const one of steps) {
    switch (one.do) {
      case 'write':
        // Beside a transaction that is open, and waits for nobody, others write what it has not locked.
        await Promise.all(
          one.pages
            .filter(({ portalId, objectType }) => !open || portalId !== PORTAL || objectType !== 'contacts')
            .map(({ records, ...where }) => put(records, where)),
        );
        break;
      case 'open': {
        if (open) break;
        const client = await rig.harness.database.pool.connect();
        await client.query(`BEGIN; SET LOCAL app.workspace = '${WORKSPACE}'`);
        await put([one.record], {}, client);
        open = {
          commit: async () => {
            await client.query('COMMIT');
            client.release();
          },
        };
        break;
      }
      case 'commit':
        await open?.commit();
        open = undefined;
        break;
      case 'redrive':
        for (const name of Object.keys(CONSUMERS))
          await ask('POST', `/api/consumers/${name}/dead-letters`, { action: 'redrive' });
        break;
      case 'deliver':
        await retryNow();
        rig.receiver.answers = answer(one.answers, one.refused);
        await Promise.all(one.names.map((name, n) => turn(name, n === 0 ? one.diesAfter : null)));
        break;
    }
  }

  await open?.commit();
  await allShown();
  rig.receiver.answers = answer(['takes'], []);
  for (const name of Object.keys(CONSUMERS) as Name[]) {
    for (let rounds = 0; ; rounds += 1) {
      expect(rounds).toBeLessThan(10);
      await admin('UPDATE crm_consumers SET lease_until = NULL');
      await retryNow();
      await ask('POST', `/api/consumers/${name}/dead-letters`, { action: 'redrive' });
      if ((await turn(name, null))?.ended === 'done' && (await shown(name)).deadLetters === 0) break;
    }
    const truth = await truthFor(name);
    const had = seen[name].map(({ portalId, objectType, recordId, position }) => [
      `${portalId}/${objectType}/${recordId}`,
      position.split('.').slice(1).join('.'),
    ]);
    // Each at least once, and nothing that it does not want.
    expect(new Set(had.map(([, place]) => place))).toEqual(new Set(truth.map(([, place]) => place)));
    const came = byRecord(had);
    for (const [record, places] of byRecord(truth)) {
      // Nothing of a record for the first time before what was earlier; and what it had last is how it is.
      expect([record, [...new Set(came.get(record))]]).toEqual([record, places]);
      expect([record, came.get(record)!.at(-1)]).toEqual([record, places.at(-1)]);
    }
  }
}

describe('a consumer that is called', () => {
  it('has every change at least once and those of a record in their order, whoever writes, holds a transaction open, dies, refuses or takes twice', async () => {
    // A failure names its seed, and the steps.
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 30 }), play), {
      numRuns: RUNS,
      endOnFailure: true,
    });
  }, 300_000);
});
