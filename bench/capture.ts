import { createOutbox } from '../src/sdk/outbox/outbox.js';
import type { Benchmark } from './lib/benchmark.js';
import { PAYLOAD, startOutboxBench, type OutboxBench } from './lib/outbox.js';
import { table } from './lib/table.js';

/** One caller: what an event costs who waits for it. Two a core: what it costs a machine that is busy with them. */
const CALLERS = [1, 4] as const;

/**
 * A caller's transaction with one insert of its own: alone, with an event, and with the plainest insert of the same
 * payload that somebody would write by hand into a table of their own, which is the least that one more statement
 * costs. In turn, so that the machine's mood is the same for all.
 */
const WAYS = ['alone', 'tracked', 'byHand'] as const;
type Way = (typeof WAYS)[number];

interface Row {
  readonly callers: number;
  /** Transactions a second. */
  readonly perSecond: Readonly<Record<Way, number>>;
}

const capture: Benchmark = {
  name: 'capture',
  title: "a caller's transaction of one insert with `trackEvent` in it, against the insert alone",
  runs: 5,

  async run({ runs, quick, say }) {
    const bench = await startOutboxBench();
    const rows: Row[] = [];
    try {
      await bench.admin.query(
        `CREATE TABLE drivers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL, city text NOT NULL);
         CREATE TABLE outbox_by_hand (
           id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_type text NOT NULL, payload jsonb NOT NULL,
           created_at timestamptz NOT NULL DEFAULT clock_timestamp(), processed_at timestamptz
         );
         GRANT ALL ON drivers, outbox_by_hand TO sluice_app; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO sluice_app`,
      );
      const pool = bench.pool(Math.max(...CALLERS));
      const each = quick ? 500 : 5000;
      for (const way of WAYS) await transactions(pool, 4, each, way); // warm
      for (let n = 0; n < runs; n += 1)
        for (const callers of CALLERS) {
          const perSecond: Record<Way, number> = { alone: 0, tracked: 0, byHand: 0 };
          for (let k = 0; k < WAYS.length; k += 1) {
            const way = WAYS[(n + k) % WAYS.length]!;
            perSecond[way] = await transactions(pool, callers, each * callers, way);
          }
          rows.push({ callers, perSecond });
        }
    } finally {
      await bench.stop();
    }
    const whole = (value: number) => Math.round(value).toLocaleString('en');
    say(
      table(
        ['run', 'callers', 'insert alone/s', 'with an event/s', 'with an insert by hand/s'],
        rows.map(({ callers, perSecond }, n) => [
          String(1 + Math.floor(n / CALLERS.length)),
          ...[callers, ...WAYS.map((way) => perSecond[way])].map(whole),
        ]),
      ),
    );
    return CALLERS.flatMap((callers) => {
      const of = (over: Way) =>
        rows
          .filter((row) => row.callers === callers)
          .map(({ perSecond }) => perSecond.tracked / perSecond[over]);
      const by = callers === 1 ? 'one caller' : `${callers} callers`;
      return [
        {
          what: `transactions/s with an event ÷ the insert alone, ${by}`,
          unit: '×',
          values: of('alone'),
          atLeast: 0.7,
        },
        {
          what: `transactions/s with an event ÷ with an insert by hand, ${by}`,
          unit: '×',
          values: of('byHand'),
          atLeast: 0.75,
        },
      ];
    });
  },
};

async function transactions(
  pool: ReturnType<OutboxBench['pool']>,
  callers: number,
  count: number,
  way: Way,
): Promise<number> {
  const { trackEvent } = createOutbox();
  let left = count;
  const from = performance.now();
  await Promise.all(
    Array.from({ length: callers }, async () => {
      const client = await pool.connect();
      try {
        while (left > 0) {
          left -= 1;
          await client.query('BEGIN');
          await client.query({
            name: 'driver',
            text: 'INSERT INTO drivers (email, city) VALUES ($1, $2)',
            values: [PAYLOAD.email, PAYLOAD.city],
          });
          if (way === 'tracked') {
            const { status } = await trackEvent(client, 'driver_signed_up', PAYLOAD);
            if (status !== 'captured') throw new Error(`An event is ${status}`);
          }
          if (way === 'byHand')
            await client.query({
              name: 'by_hand',
              text: 'INSERT INTO outbox_by_hand (event_type, payload) VALUES ($1, $2) RETURNING id',
              values: ['driver_signed_up', JSON.stringify(PAYLOAD)],
            });
          await client.query('COMMIT');
        }
      } finally {
        client.release();
      }
    }),
  );
  return (count / (performance.now() - from)) * 1000;
}

export default capture;
