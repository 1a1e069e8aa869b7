import type { Benchmark } from './lib/benchmark.js';
import { PAYLOAD, startOutboxBench, type OutboxBench } from './lib/outbox.js';
import { table } from './lib/table.js';

/** Two a core: enough that neither waits for the disk alone, and few enough that it is not the caller's own process that is measured. */
const CALLERS = 4;

/** A caller's transaction with one insert of its own, without and with an event. In turn, so that the machine's mood is the same for both. */
const capture: Benchmark = {
  name: 'capture',
  title: "a caller's transaction of one insert with an event tracked in it, against the insert alone",
  runs: 5,

  async run({ runs, quick, say }) {
    const bench = await startOutboxBench();
    const rows: { alone: number; tracked: number }[] = [];
    try {
      await bench.admin.query(
        'CREATE TABLE drivers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL, city text NOT NULL)',
      );
      await bench.admin.query(
        'GRANT ALL ON drivers TO sluice_app; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO sluice_app',
      );
      const pool = bench.pool(CALLERS);
      const each = quick ? 500 : 5000;
      await transactions(pool, 500, true);
      for (let n = 0; n < runs; n += 1) {
        const first = await transactions(pool, each, n % 2 === 0);
        const second = await transactions(pool, each, n % 2 !== 0);
        rows.push(n % 2 === 0 ? { tracked: first, alone: second } : { alone: first, tracked: second });
      }
    } finally {
      await bench.stop();
    }
    const whole = (value: number) => Math.round(value).toLocaleString('en');
    say(
      table(
        ['run', 'insert alone/s', 'with an event/s'],
        rows.map((row, n) => [String(n + 1), whole(row.alone), whole(row.tracked)]),
      ),
    );
    return [
      {
        what: 'transactions/s with an event ÷ the insert alone',
        unit: '×',
        values: rows.map((row) => row.tracked / row.alone),
        atLeast: 0.7,
      },
    ];
  },
};

async function transactions(
  pool: ReturnType<OutboxBench['pool']>,
  count: number,
  tracked: boolean,
): Promise<number> {
  const payload = JSON.stringify(PAYLOAD);
  let left = count;
  const from = performance.now();
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
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
          if (tracked)
            await client.query({
              name: 'track',
              text: 'SELECT sluice_track_event($1, $2)',
              values: ['driver_signed_up', payload],
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
