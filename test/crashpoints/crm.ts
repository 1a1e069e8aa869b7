import type { Stack } from '../support/stack.js';
import { startFeedReceiver, type FeedReceiver } from '../support/feedReceiver.js';
import { until } from '../support/until.js';
import type { CrashRoom, Load } from './crashRoom.js';

const RECORDS = 250;

interface Called {
  readonly portalId: number;
  readonly name: string;
  readonly receiver: FeedReceiver;
  readonly made: number;
}

/** A portal whose contacts are mirrored, and a webhook that wants what changes in it. */
async function called(stack: Stack): Promise<Called> {
  const portalId = await stack.connectPortal();
  await stack.sandbox.seed(portalId, 'contacts', RECORDS, { email: 'person{n}@example.com' });
  const receiver = await startFeedReceiver();
  const name = `hook-${portalId}`;
  await stack.api.must('PUT', `/api/consumers/${name}`, {
    ...{ sink: 'webhook', url: receiver.url, portalIds: [portalId], lagLimitMinutes: null },
  });
  return { portalId, name, receiver, made: (await stack.sandbox.crm(portalId)).records.contacts ?? 0 };
}
const start = (stack: Stack, { portalId }: Called) =>
  stack.api.must('POST', `/api/sync/${portalId}/contacts`, { action: 'start' });
const hasAll = ({ receiver, made }: Called) =>
  Promise.resolve(new Set(receiver.taken.map(({ recordId }) => recordId)).size >= made);

const delivered: Load['prepare'] = async (stack) => {
  const of = await called(stack);
  return {
    begin: () => start(stack, of).then(() => undefined),
    ended: () => hasAll(of),
    async judge() {
      const { taken } = of.receiver;
      const positions = taken.map(({ position }) => position.split('.').slice(1).map(BigInt));
      // What is sent again is the last batch, so that the feed never goes back by more than that.
      const firsts = new Map<string, number>();
      for (const [at, { position }] of taken.entries()) if (!firsts.has(position)) firsts.set(position, at);
      const inOrder = [...firsts.values()].every((at, n, all) => {
        const [before, now] = [positions[all[n - 1] ?? at]!, positions[at]!];
        return before[0]! < now[0]! || (before[0] === now[0] && before[1]! <= now[1]!);
      });
      await of.receiver.close();
      const isRight = firsts.size === of.made && inOrder;
      return {
        problems: isRight ? [] : [`${firsts.size} of ${of.made} changes came; in order: ${inOrder}`],
        figures: [['came', taken.length]],
      };
    },
  };
};

const redriven: Load['prepare'] = async (stack) => {
  const of = await called(stack);
  await start(stack, of);
  await until('the webhook has all', () => hasAll(of), 60_000);
  const { rows } = await stack.pool.query<{ record: string }>(
    `INSERT INTO crm_dead_changes (workspace_id, consumer_id, generation, transaction_id, change_id, portal_id, object_type, record_id,
                                   status, recorded_at)
     SELECT f.workspace_id, c.id, f.generation, f.transaction_id, f.id, f.portal_id, f.object_type, f.record_id, 422, f.recorded_at
       FROM crm_consumers c, crm_changes f WHERE c.name = $1 AND f.portal_id = $2 ORDER BY f.transaction_id, f.id LIMIT 10
     RETURNING record_id AS record`,
    [of.name, of.portalId],
  );
  const before = of.receiver.taken.length;
  return {
    async begin() {
      await stack.api.must('POST', `/api/consumers/${of.name}/dead-letters`, { action: 'redrive' });
    },
    async ended() {
      const left = await stack.pool.query(
        `SELECT FROM crm_dead_changes d JOIN crm_consumers c ON c.id = d.consumer_id WHERE c.name = $1`,
        [of.name],
      );
      return left.rowCount === 0;
    },
    async judge() {
      const came = new Set(of.receiver.taken.slice(before).map(({ recordId }) => recordId));
      await of.receiver.close();
      const missing = rows.filter(({ record }) => !came.has(record));
      return {
        problems:
          missing.length === 0 && rows.length === 10 ? [] : [`${missing.length} of ${rows.length} missing`],
        figures: [['came', came.size]],
      };
    },
  };
};

export const crm: CrashRoom = {
  name: 'crm',
  alsoIn: ['src/platform/outbound/'],
  loads: [
    {
      name: 'what changed is brought to a webhook',
      process: 'worker',
      reaches: [
        ...['crm.delivery.found', 'crm.delivery.claimed', 'crm.delivery.renewed'],
        ...['crm.delivery.answered', 'crm.delivery.settled', 'crm.redrive.read'],
      ],
      prepare: delivered,
    },
    {
      name: 'dead letters of a webhook are sent again',
      process: 'worker',
      reaches: ['crm.redrive.answered', 'crm.redrive.settled'],
      prepare: redriven,
    },
  ],
};
