import { redriveWorkflowId } from '../../src/temporal/outbox/contract.js';
import { until } from '../support/stack.js';
import { asked } from './ask.js';
import type { Load } from './crashRoom.js';

const EVENTS = 3;
const REFUSED_WITHIN_MS = 60_000;
/** One event, then nothing for half a minute. */
const SLOW = 1 / 30;

/** Events of a mapping that HubSpot refuses, until it is mended. Then people decide what becomes of them. */
export function refusedEvents(fate: 'redriven' | 'cancelled' | 'discarded'): Load['prepare'] {
  return async (stack) => {
    const portalId = await stack.connectPortal();
    const filter = { portalId };
    const name = `stage_${portalId}`;
    const map = (properties: object) =>
      stack.api.must('PUT', `/api/outbox/mappings/${name}`, {
        effects: [{ kind: 'upsertContact', by: { property: 'email', value: '/email' }, properties }],
      });
    const count = async (from: string): Promise<number> => {
      const { rows } = await stack.pool.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM ${from} AND portal_id = $1`,
        [portalId],
      );
      return rows[0]!.n;
    };
    const open = () => count(`outbox_dead WHERE state = 'dead'`);
    const redrives = async () => {
      const { rows } = await stack.pool.query<{ id: string; state: string }>(
        `SELECT id, state FROM outbox_redrives WHERE filter ->> 'portalId' = $1 ORDER BY created_at`,
        [String(portalId)],
      );
      return rows;
    };
    const redrive = (perSecond?: number) =>
      stack.api.must('POST', '/api/outbox/redrives', {
        filter,
        ...(perSecond !== undefined && { perSecond }),
      });

    await map({ lifecyclestage: '/stage' });
    for (let n = 0; n < EVENTS; n += 1) {
      const data = { email: `stage${n}@example.com`, stage: 'no such stage' };
      await stack.pool.query('SELECT sluice_track_event($1, $2, NULL, NULL, $3)', [
        ...['generic', JSON.stringify({ name, data }), portalId],
      ]);
    }
    await until('HubSpot has refused them', async () => (await open()) === EVENTS, REFUSED_WITHIN_MS);
    await map({});

    /** Neither its row nor Temporal says that it runs. */
    const isOver = async ({ id, state }: { id: string; state: string }): Promise<boolean> => {
      const { status } = await stack.temporal.workflow.getHandle(redriveWorkflowId(id)).describe();
      return state !== 'running' && status.name !== 'RUNNING';
    };
    const isThrough = async (): Promise<boolean> => {
      for (const one of await redrives()) if (!(await isOver(one))) return false;
      return (await open()) === 0 && (await count('outbox_pending WHERE true')) === 0;
    };

    const fates = {
      redriven: asked(() => redrive(), {
        stands: async () => (await redrives()).length > 0,
        isDone: isThrough,
      }),
      cancelled: asked(
        async () => {
          if ((await redrives()).length === 0) await redrive(SLOW);
          await stack.api.must('POST', `/api/outbox/redrives/${(await redrives())[0]!.id}/cancel`);
        },
        {
          stands: async () => (await redrives())[0]?.state === 'cancelled',
          async isDone() {
            // What it had not moved by then is redriven by another one.
            const [first, second] = await redrives();
            if (first && !second && (await isOver(first))) await redrive();
            return isThrough();
          },
        },
      ),
      discarded: asked(
        () => stack.api.must('POST', '/api/outbox/discards', { filter, reason: 'nobody needs them' }),
        { stands: async () => (await open()) === 0 },
      ),
    };
    return {
      ...fates[fate],
      async judge() {
        const done = await count('outbox_history WHERE true');
        const dead = await count('outbox_dead WHERE true');
        const contacts = (await stack.sandbox.crm(portalId)).records.contacts ?? 0;
        const [sent, kept] = fate === 'discarded' ? [0, EVENTS] : [EVENTS, 0];
        return {
          problems:
            done === sent && dead === kept && contacts === sent
              ? []
              : [`${done} were processed, ${dead} are dead, ${contacts} contacts were made`],
          figures: [['processed', done]],
        };
      },
    };
  };
}
