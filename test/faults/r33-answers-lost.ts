import { setTimeout as delay } from 'node:timers/promises';
import { until, type Stack } from '../support/stack.js';
import { recordsAtHubSpot } from './atHubSpot.js';
import type { Fault } from './fault.js';
import { judgeRegistrations, named, registerPlay, WITHOUT_SCHEMAS } from './registrations.js';

/** Registrations of each portal, and records that are made one by one. */
const EACH = 25;
const MADE = 12;
const SPOILT = 60;
const COME_AGAIN_MS = 1000;

export const answersToWritesLost: Fault = {
  id: 'R33',
  covers: ['R31'],
  title:
    'answers to registrations and to writes are lost after HubSpot has applied them, never come, are cut off, are 429 or 5xx, at whatever step; one portal lets no key be made',
  async run({ stack: createStack, say }) {
    // More than 5 % of its calls are errors here, by the fault: the guard would hold the rest back for the day.
    const stack = await createStack({ env: { ERROR_SHARE_PERCENT: '0' } });
    const [keyed, bare, single] = [
      await stack.connectPortal(),
      await stack.connectPortal(),
      await stack.connectPortal(),
    ];
    await stack.sandbox.grantOnly(bare, WITHOUT_SCHEMAS);
    const plays = [keyed, bare].map((portalId) => registerPlay(stack, portalId));
    // What is remembered of a portal is read: the answers that are spoilt are those of writes and look-ups.
    for (const play of plays) await play.register(['first']);
    for (const portalId of [keyed, bare, single]) {
      const common = { target: 'any', path: '/crm/', portalId } as const;
      await stack.sandbox.fault({ ...common, kind: 'answerLost', share: 0.12 });
      await stack.sandbox.fault({ ...common, kind: 'reset', share: 0.05 });
      await stack.sandbox.fault({ ...common, kind: 'truncated', share: 0.05 });
      await stack.sandbox.fault({ ...common, kind: 'html', status: 502, share: 0.05 });
      await stack.sandbox.fault({ ...common, kind: 'status', status: 503, share: 0.05 });
      await stack.sandbox.fault({
        ...common,
        kind: 'status',
        status: 429,
        share: 0.05,
        retryAfterSeconds: 1,
      });
      await stack.sandbox.fault({ ...common, kind: 'noAnswer', count: 1 });
    }
    const all = Promise.all([
      makeDeals(stack, single),
      ...plays.map((play) => play.register(named('caller', EACH))),
    ]);
    const hits = await until(
      `${SPOILT} answers are spoilt`,
      async () => {
        const count = (await stack.sandbox.faults()).items.reduce((sum, one) => sum + one.hits, 0);
        return count >= SPOILT && count;
      },
      120_000,
      500,
    );
    // What is in doubt is looked for when HubSpot's search shows it, in minutes: by then it answers again.
    await stack.sandbox.endFaults();
    say(`${hits} answers were spoilt`);
    const [made] = await all;
    const { accessToken } = await stack.sandbox.install(single);
    const deals = await recordsAtHubSpot(stack, accessToken, 'deals', 'properties=dealname');
    const there = deals.map(({ properties }) => properties['dealname']);
    const problems = [
      ...(deals.length === MADE && new Set(there).size === MADE
        ? []
        : [`${deals.length} deals under ${new Set(there).size} names, in place of ${MADE}`]),
      ...(new Set(made).size === MADE ? [] : [`${new Set(made).size} ids were answered`]),
    ];
    const verdict = await judgeRegistrations(plays, {
      problems,
      figures: [
        ['faults', hits],
        ['made', deals.length],
      ],
    });
    const { doubts } = Object.fromEntries(verdict.figures);
    return doubts === 0
      ? { ...verdict, problems: [...verdict.problems, 'No create was in doubt: nothing was tried'] }
      : verdict;
  },
};

/** Deals, which HubSpot cannot tell from repeats, each asked for under its key until it is answered. Their ids. */
function makeDeals(stack: Stack, portalId: number): Promise<string[]> {
  return Promise.all(
    named('deal', MADE).map(async (dealname) => {
      for (;;) {
        const { status, headers, body } = await stack.api.request<{ record: { id: string } }>(
          'POST',
          `/api/objects/deals?portalId=${portalId}`,
          { properties: { dealname, dealstage: 'appointmentscheduled', pipeline: 'default' } },
          { 'idempotency-key': `${portalId}-${dealname}` },
        );
        if (status < 300) return body.record.id;
        if (![429, 503].includes(status)) throw new Error(`${dealname}: ${status} ${JSON.stringify(body)}`);
        await delay(Math.max(Number(headers.get('retry-after') ?? 0) * 1000, COME_AGAIN_MS));
      }
    }),
  );
}
