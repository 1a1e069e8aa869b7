import { judgeOutbox, outboxPlay, OUTBOX_ENV, untilDelivered } from '../../faults/outbox.js';
import { until } from '../../support/stack.js';
import { everySecond } from '../everySecond.js';
import type { SoakRoom, Stage } from '../room.js';

const EVENTS_PER_DRIVER = 5;
/** Every so many seconds an event that HubSpot refuses, and every so many a redrive of those. */
const POISON_EVERY_S = 5;
const REDRIVE_EVERY_S = 20;
const DELIVERED_MS = 240_000;

/** Events with many effects; some that HubSpot refuses, which are redriven again and again, and mended in the end. */
export const outboxRoom: SoakRoom = {
  name: 'outbox',
  env: OUTBOX_ENV,

  async prepare(stage) {
    const { stack, insist } = stage;
    const play = await outboxPlay(() => Promise.resolve(stack), { keyed: true, repeatable: true });
    const poison = await poisonPlay(stage);
    return {
      portalIds: [play.portalId],
      async load(end) {
        let second = 0;
        await everySecond(end, async () => {
          second += 1;
          await insist('events are captured', () => play.capture(1));
          if (second % POISON_EVERY_S === 0) await insist('poison is captured', poison.capture);
          if (second % REDRIVE_EVERY_S === 0) await insist('what is dead is redriven', poison.redrive);
        });
      },
      async progress() {
        const waiting = await play.waiting();
        return { done: play.drivers * EVENTS_PER_DRIVER - waiting, waiting };
      },
      async drain() {
        await untilDelivered(play, DELIVERED_MS);
        await poison.mend();
      },
      async judge() {
        const own = { figures: [['mended', poison.captured()]] as const };
        return judgeOutbox(play, {}, own);
      },
    };
  },
};

/** A portal whose events HubSpot refuses until their mapping is mended. */
async function poisonPlay({ stack, insist }: Stage) {
  const portalId = await stack.connectPortal();
  let captured = 0;
  const map = (properties: object) =>
    stack.api.must('PUT', '/api/outbox/mappings/stage', {
      effects: [{ kind: 'upsertContact', by: { property: 'email', value: '/email' }, properties }],
    });
  await map({ lifecyclestage: '/stage' });
  const redrive = () => stack.api.must('POST', '/api/outbox/redrives', { filter: {} });
  const count = async (table: 'outbox_dead' | 'outbox_history') => {
    const { rows } = await stack.pool.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM ${table} WHERE portal_id = $1`,
      [portalId],
    );
    return rows[0]!.n;
  };
  return {
    captured: () => captured,
    async capture() {
      const data = { email: `stage${captured}@example.com`, stage: 'no such stage' };
      await stack.pool.query('SELECT sluice_track_event($1, $2, $3, NULL, $4)', [
        ...['generic', JSON.stringify({ name: 'stage', data }), `stage-${captured}`, portalId],
      ]);
      captured += 1;
    },
    redrive,
    /** Resolves when each has gone once. */
    async mend() {
      await insist('the mapping is mended', () => map({}));
      await until(
        'what was refused is processed',
        async () => {
          if ((await count('outbox_history')) === captured) return true;
          if ((await count('outbox_dead')) > 0) await redrive();
          return false;
        },
        DELIVERED_MS,
        2000,
      );
    },
  };
}
