import { until, type Stack } from '../support/stack.js';
import { usageOf } from '../support/procfs.js';
import { judgeOutbox, outboxPlay, untilDelivered } from './outbox.js';
import { seconds, type Fault } from './fault.js';

/** As small as a container may be. */
const HEAP_MIB = 128;
/** A payload of 64 KiB, less its envelope. */
const TEXT_BYTES = 65_000;
const EVENTS = 3000;
/** Of a batch that is a little below what the API takes in a request (2 MB). */
const PER_REQUEST = 30;
const REQUESTS = 40;
/** Drivers of five small events each, in another portal. */
const DRIVERS = 20;
const MAX_OTHERS_MS = 60_000;

export const largestPayloads: Fault = {
  id: 'F08',
  title: `${EVENTS} events with the largest payloads are captured in one transaction, and ${REQUESTS} full requests come at once; API and worker have ${HEAP_MIB} MiB of heap`,
  async run({ stack: createStack, say }) {
    const play = await outboxPlay(createStack, { workers: 0, keyed: true });
    const { stack } = play;
    const small = { NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}` };
    const [api] = stack.apis;
    await api!.restart({ env: small });
    const large = await stack.connectPortal();
    await stack.api.must('PUT', '/api/outbox/mappings/report', {
      effects: [
        {
          kind: 'upsertRecord',
          objectType: 'deals',
          properties: { dealname: '/name', description: '/text' },
        },
      ],
    });
    await captureLarge(stack, large, EVENTS);
    const answers = await Promise.all(
      Array.from({ length: REQUESTS }, (_, n) => postLarge(stack, large, n * PER_REQUEST)),
    );
    const taken = answers.filter((status) => status === 202).length * PER_REQUEST;
    const odd = answers.filter((status) => ![202, 429, 503].includes(status));

    const worker = stack.startWorker(small);
    await worker.waitReady();
    let mostMib = 0;
    const watch = setInterval(() => {
      if (worker.pid !== undefined) mostMib = Math.max(mostMib, usageOf(worker.pid).residentMib);
    }, 500);
    try {
      await until('deliveries are under way', async () => (await processedOf(stack, large)) > 0, 60_000);
      const from = performance.now();
      await play.capture(DRIVERS);
      await untilDelivered(play, 180_000);
      const othersMs = performance.now() - from;
      await until(
        'the large ones are processed, too',
        async () => (await processedOf(stack, large)) >= EVENTS + taken,
        400_000,
        500,
      );
      say(`others took ${seconds(othersMs)} beside them; the worker had ${mostMib.toFixed(0)} MiB at most`);
      const { rows } = await stack.pool.query<{ dead: number }>(
        'SELECT count(*)::int AS dead FROM outbox_dead WHERE portal_id = $1',
        [large],
      );
      const problems = [
        ...(api!.alive ? [] : [`The API ended: ${await api!.exited}`]),
        ...(worker.alive ? [] : [`The worker ended: ${await worker.exited}`]),
        ...(odd.length > 0 ? [`Requests were answered ${[...new Set(odd)].join(', ')}`] : []),
        ...(taken > 0 ? [] : ['The API took none of the large requests']),
        ...(rows[0]!.dead > 0 ? [`${rows[0]!.dead} large events are dead letters`] : []),
        ...(othersMs <= MAX_OTHERS_MS ? [] : [`Others waited for ${seconds(othersMs)}`]),
      ];
      return await judgeOutbox(
        play,
        {},
        {
          problems,
          figures: [
            ['large', EVENTS + taken],
            ['others_took', seconds(othersMs)],
            ['worker_mib', Math.round(mostMib)],
          ],
        },
      );
    } finally {
      clearInterval(watch);
    }
  },
};

/** Text that does not compress, so that it is as large on its way as it says. */
const TEXT = `(SELECT left(string_agg(md5(random()::text || n), ''), ${TEXT_BYTES}) FROM generate_series(1, ${Math.ceil(TEXT_BYTES / 32)}) n)`;

/** All in one transaction. */
async function captureLarge({ pool }: Stack, portalId: number, count: number): Promise<void> {
  await pool.query(
    `WITH text AS MATERIALIZED (SELECT ${TEXT} AS text)
     SELECT count(sluice_track_event('generic', jsonb_build_object('name', 'report',
              'data', jsonb_build_object('name', 'Report ' || g, 'text', (SELECT text FROM text))), NULL, NULL, $1))
       FROM generate_series(1, $2::int) g`,
    [portalId, count],
  );
}

async function postLarge(stack: Stack, portalId: number, from: number): Promise<number> {
  const text = 'y'.repeat(TEXT_BYTES);
  const events = Array.from({ length: PER_REQUEST }, (_, n) => ({
    type: 'generic',
    payload: { name: 'report', data: { name: `Request ${from + n}`, text } },
    portalId,
  }));
  return (await stack.api.post('/api/events', { events })).status;
}

async function processedOf({ pool }: Stack, portalId: number): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM outbox_history WHERE portal_id = $1',
    [portalId],
  );
  return rows[0]?.count ?? 0;
}
