import { startRoundRobin } from '../support/roundRobin.js';
import { until } from '../support/stack.js';
import { callWebhooks, contactChanged } from '../support/webhookCall.js';
import { askHubSpot } from './atHubSpot.js';
import { seconds, type Fault } from './fault.js';
import { judgeMirror, portalWith, startMirror, untilLoaded, type Mirrored } from './mirror.js';

const RECORDS = 300;
const TIMES = 10;
const IN_A_CALL = 50;
/** A read of a hundred, and one more for each that was named again while it was read. */
const MOST_READS = 4 * Math.ceil(RECORDS / 100);

export const webhooksTenTimes: Fault = {
  id: 'W45',
  title:
    'HubSpot sends each event of webhooks ten times, two APIs get them in turn, and two portals have events of the same ids: each is taken once, and each change is told once',
  async run({ stack: createStack, onEnd, say }) {
    const balancer = await startRoundRobin();
    onEnd(() => balancer.close());
    const stack = await createStack({ apis: 2, workers: 2, env: { PUBLIC_URL: balancer.url } });
    balancer.spread(stack.apis.map(({ url }) => url));
    const portals = [await portalWith(stack, RECORDS), await portalWith(stack, RECORDS)];
    for (const one of portals) {
      await startMirror(stack, one);
      await untilLoaded(stack, one, 60_000);
    }
    // From now on nothing but webhooks brings anything.
    const later = "due_at = now() + interval '1 day'";
    await stack.pool.query(`UPDATE sync_states SET ${later}`);
    await stack.pool.query(`UPDATE sync_passes SET ${later} WHERE pass <> 'webhooks'`);
    const before = await stack.sandbox.health();

    const ids = new Map<Mirrored, string[]>();
    for (const one of portals) ids.set(one, await changeAll(one));
    const from = performance.now();
    const occurredAt = Date.now();
    const events = (one: Mirrored) =>
      (ids.get(one) ?? []).map((id, n) => ({ ...contactChanged(one.portalId, id, n), occurredAt }));
    const all = portals.flatMap(events);
    const calls = Array.from({ length: TIMES }, (_, attemptNumber) => attemptNumber).flatMap(
      (attemptNumber) =>
        Array.from({ length: Math.ceil(all.length / IN_A_CALL) }, (_, n) =>
          // Other events share each call than did the time before.
          Array.from(
            { length: IN_A_CALL },
            (_, at) => all[(n * IN_A_CALL + at + 7 * attemptNumber) % all.length],
          )
            .flatMap((event) => event ?? [])
            .map((event) => ({ ...event, attemptNumber })),
        ),
    );
    await Promise.all(calls.map((call) => callWebhooks(balancer.url, stack.secrets.clientSecret, call)));
    const count = async (text: string) =>
      (await stack.pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${text}`)).rows[0]?.n ?? 0;
    await until('all that was named is read', async () => (await count('webhook_reads')) === 0, 60_000);
    const tookMs = performance.now() - from;
    const [stored, told] = [
      await count('webhook_events'),
      await count("crm_changes WHERE NOT initial AND action = 'Updated'"),
    ];
    const { items } = await stack.sandbox.requests({ after: before.requests - 1, limit: 10_000 });
    const reads = items.filter(({ path }) => path.endsWith('/contacts/batch/read')).length;
    say(`${all.length * TIMES} events, ${stored} of them taken, ${reads} reads`);
    const most = portals.length * MOST_READS;
    return judgeMirror(stack, portals, {
      problems: [
        ...(stored === all.length ? [] : [`${stored} events are stored, in place of ${all.length}`]),
        ...(told === all.length ? [] : [`${told} changes were told, in place of ${all.length}`]),
        ...(reads > most ? [`${reads} reads`] : []),
      ],
      figures: [
        ['events', all.length * TIMES],
        ['taken', stored],
        ['told', told],
        ['reads', reads],
        ['took', seconds(tookMs)],
      ],
    });

    /** Every contact has another name at HubSpot. */
    async function changeAll({ portalId }: Mirrored): Promise<string[]> {
      const { accessToken } = await stack.sandbox.install(portalId);
      const { rows } = await stack.pool.query<{ id: string }>(
        'SELECT id::text FROM crm_records WHERE portal_id = $1 ORDER BY crm_records.id',
        [portalId],
      );
      for (let n = 0; n < rows.length; n += 100)
        await askHubSpot(stack, accessToken, 'POST', '/crm/objects/2026-03/contacts/batch/update', {
          inputs: rows.slice(n, n + 100).map(({ id }) => ({ id, properties: { firstname: 'Changed' } })),
        });
      return rows.map(({ id }) => id);
    }
  },
};
