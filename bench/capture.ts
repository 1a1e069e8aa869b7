import { createOutbox } from '../src/sdk/outbox/outbox.js';
import type { Benchmark } from './lib/benchmark.js';
import { PAYLOAD, startOutboxBench, type OutboxBench } from './lib/outbox.js';
import { table } from './lib/table.js';

/** One caller: what an event costs who waits for it. Two a core: what it costs a machine that is busy with them. */
const CALLERS = [1, 4] as const;

/**
 * A caller's transaction with one insert of its own, without and with an event. In turn, so that the machine's mood
 * is the same for both.
 */
const capture: Benchmark = {
  name: 'capture',
  title: "a caller's transaction of one insert with `trackEvent` in it, against the insert alone",
  runs: 5,

  async run({ runs, quick, say }) {
    const bench = await startOutboxBench();
    const rows: { callers: number; alone: number; tracked: number }[] = [];
    try {
      await bench.admin.query(
        'CREATE TABLE drivers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL, city text NOT NULL)',
      );
      await bench.admin.query(
        'GRANT ALL ON drivers TO sluice_app; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO sluice_app',
      );
      const pool = bench.pool(Math.max(...CALLERS));
      const each = quick ? 500 : 5000;
      for (const tracked of [true, false]) await transactions(pool, 4, each, tracked); // warm
      for (let n = 0; n < runs; n += 1)
        for (const callers of CALLERS) {
          const first = await transactions(pool, callers, each * callers, n % 2 === 0);
          const second = await transactions(pool, callers, each * callers, n % 2 !== 0);
          const [tracked, alone] = n % 2 === 0 ? [first, second] : [second, first];
          rows.push({ callers, alone, tracked });
        }
    } finally {
      await bench.stop();
    }
    const whole = (value: number) => Math.round(value).toLocaleString('en');
    say(
      table(
        ['run', 'callers', 'insert alone/s', 'with an event/s'],
        rows.map(({ callers, alone, tracked }, n) => [
          String(1 + Math.floor(n / CALLERS.length)),
          ...[callers, alone, tracked].map(whole),
        ]),
      ),
    );
    return CALLERS.map((callers) => ({
      what: `transactions/s with an event ÷ the insert alone, ${callers === 1 ? 'one caller' : `${callers} callers`}`,
      unit: '×',
      values: rows.filter((row) => row.callers === callers).map((row) => row.tracked / row.alone),
      atLeast: 0.7,
    }));
  },
};

async function transactions(
  pool: ReturnType<OutboxBench['pool']>,
  callers: number,
  count: number,
  tracked: boolean,
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
          if (tracked) {
            const { status } = await trackEvent(client, 'driver_signed_up', PAYLOAD);
            if (status !== 'captured') throw new Error(`An event is ${status}`);
          }
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
