import { judgeOutbox, outboxPlay, OUTBOX_ENV, type OutboxPlay } from '../faults/outbox.js';
import type { FaultPlan } from '../support/sandboxClient.js';
import type { Verdict } from '../faults/oracle.js';
import { until, type Stack } from '../support/stack.js';
import { asked } from './ask.js';
import type { CrashRoom, Load } from './crashRoom.js';
import { foreignInbox } from './foreignInbox.js';
import { refusedCustomEvents } from './refusedCustomEvents.js';
import { refusedEvents } from './refusedEvents.js';

const DRIVERS = 1;
const EVENTS_PER_DRIVER = 5;
const MOVED_WITHIN_MS = 60_000;

const playOn = (stack: Stack, keyed: boolean): Promise<OutboxPlay> =>
  outboxPlay(() => Promise.resolve(stack), { keyed });

/** What a judge may be asked once all is over, and nothing waits any more. */
const isThrough = async ({ stack, portalId }: OutboxPlay): Promise<boolean> => {
  const { rows } = await stack.pool.query<{ left: number }>(
    `SELECT ((SELECT count(*) FROM outbox_inbox WHERE portal_id = $1) + (SELECT count(*) FROM outbox_pending WHERE portal_id = $1)
           + (SELECT count(*) FROM outbox_claims WHERE portal_id = $1))::int AS left`,
    [portalId],
  );
  return rows[0]!.left === 0;
};

/**
 * So much later: the lease of the dead is over, events that wait for another try are due, and a search shows what was
 * made.
 */
async function letTimePass({ stack, portalId }: OutboxPlay): Promise<void> {
  const later = `interval '3 minutes'`;
  await stack.pool.query(
    `UPDATE outbox_claims SET lease_until = lease_until - ${later} WHERE portal_id = $1`,
    [portalId],
  );
  await stack.pool.query(`UPDATE outbox_ledger SET sent_at = sent_at - ${later} WHERE portal_id = $1`, [
    portalId,
  ]);
}

interface Variation {
  /** The portal lets us make properties, so that creates have a key of ours. */
  readonly keyed?: boolean;
  /** What HubSpot does to the calls of the portal. */
  readonly faults?: readonly FaultPlan[];
}

/** Events with effects of every kind: counters, a note and a deal, which must be there once. */
function delivered({ keyed = false, faults = [] }: Variation = {}): Load['prepare'] {
  return async (stack) => {
    const play = await playOn(stack, keyed);
    return {
      async begin() {
        for (const fault of faults) await stack.sandbox.fault({ ...fault, portalId: play.portalId });
        await play.capture(DRIVERS);
      },
      afterDeath: () => letTimePass(play),
      ended: () => isThrough(play),
      judge: () => judgeOutbox(play),
    };
  };
}

/** An event that is brought over HTTP, once, whoever dies of it. */
const captured: Load['prepare'] = async (stack) => {
  const portalId = await stack.connectPortal();
  const key = `crash-${portalId}`;
  const email = `crash-${portalId}@example.com`;
  const payload = { driverId: key, email, amount: 1 };
  const count = async (table: string): Promise<number> => {
    const { rows } = await stack.pool.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM ${table} WHERE portal_id = $1`,
      [portalId],
    );
    return rows[0]!.n;
  };
  return {
    ...asked(() => stack.api.must('POST', '/api/events', { type: 'nova_earned', payload, key, portalId }), {
      async stands() {
        const { rowCount } = await stack.pool.query('SELECT FROM outbox_keys WHERE event_key = $1', [key]);
        return rowCount === 1;
      },
      isDone: async () => (await count('outbox_history')) > 0,
    }),
    async judge() {
      const ends = (await count('outbox_history')) + (await count('outbox_dead'));
      const contacts = (await stack.sandbox.crm(portalId)).records.contacts ?? 0;
      return {
        problems:
          ends === 1 && contacts === 1 ? [] : [`It ended ${ends} times and made ${contacts} contacts`],
        figures: [['ends', ends]],
      };
    },
  };
};

/** Deliveries that an operator holds and lets go. */
const resumed: Load['prepare'] = async (stack) => {
  const play = await heldPlay(stack);
  const { portalId } = play;
  return {
    ...asked(() => stack.api.must('POST', `/api/outbox/portals/${portalId}/resume`), {
      async stands() {
        const { rowCount } = await stack.pool.query(
          'SELECT FROM outbox_portals WHERE portal_id = $1 AND paused_at IS NULL',
          [portalId],
        );
        return rowCount === 1;
      },
      isDone: () => isThrough(play),
    }),
    judge: () => judgeOutbox(play),
  };
};

/** A portal whose events wait, since somebody holds its deliveries. */
async function heldPlay(stack: Stack): Promise<OutboxPlay> {
  const play = await playOn(stack, false);
  await stack.api.must('POST', `/api/outbox/portals/${play.portalId}/pause`, {});
  await play.capture(DRIVERS);
  await until(
    'its events are moved',
    async () => {
      const { rows } = await stack.pool.query<{ n: number }>(
        'SELECT count(*)::int AS n FROM outbox_pending WHERE portal_id = $1',
        [play.portalId],
      );
      return rows[0]!.n === EVENTS_PER_DRIVER * DRIVERS;
    },
    MOVED_WITHIN_MS,
  );
  return play;
}

function held(
  begin: (play: OutboxPlay) => Promise<void>,
  judge: (play: OutboxPlay) => Promise<Verdict>,
): Load['prepare'] {
  return async (stack) => {
    const play = await heldPlay(stack);
    return { begin: () => begin(play), ended: () => isThrough(play), judge: () => judge(play) };
  };
}

/** The portal is disconnected with events waiting: all of them end, with the reason. */
function gone({ withToken }: { withToken: boolean }): Load['prepare'] {
  return async (stack) => {
    const play = await heldPlay(stack);
    const { portalId } = play;
    return {
      async begin() {
        if (!withToken)
          await stack.pool.query('UPDATE portals SET access_token = NULL WHERE portal_id = $1', [portalId]);
        await stack.api.must('POST', '/api/integrations/hubspot/disconnect', { portalId });
      },
      async ended() {
        const { rowCount } = await stack.pool.query(
          `SELECT FROM portals WHERE portal_id = $1 AND state = 'disconnected'`,
          [portalId],
        );
        return rowCount === 1 && (await isThrough(play));
      },
      judge: () => judgeGone(play),
    };
  };
}

async function judgeGone({ stack, portalId, drivers }: OutboxPlay): Promise<Verdict> {
  const { rows } = await stack.pool.query<{ dead: number; ids: number }>(
    `SELECT count(*)::int AS dead, count(DISTINCT id)::int AS ids FROM outbox_dead
      WHERE portal_id = $1 AND error_class = 'disconnected' AND reason IS NOT NULL`,
    [portalId],
  );
  const { dead, ids } = rows[0]!;
  const all = drivers * EVENTS_PER_DRIVER;
  return {
    problems:
      dead === all && ids === all ? [] : [`${dead} of ${all} events have ended, ${ids} different ones`],
    figures: [['ended', dead]],
  };
}

export const outbox: CrashRoom = {
  name: 'outbox',
  alsoIn: [
    'src/sdk/outbox/',
    'test/crashpoints/foreignInbox',
    'test/crashpoints/refusedEvents',
    'test/crashpoints/refusedCustomEvents',
  ],
  env: OUTBOX_ENV,
  loads: [
    {
      name: 'an event is brought over HTTP',
      process: 'api',
      reaches: ['outbox.capture.committed'],
      prepare: captured,
    },
    {
      name: 'deliveries that were held go on',
      process: 'api',
      reaches: ['outbox.resume.committed'],
      prepare: resumed,
    },
    {
      name: 'events that HubSpot refused are redriven',
      process: 'api',
      reaches: ['outbox.redrive.committed'],
      prepare: refusedEvents('redriven'),
    },
    {
      name: 'a redrive is cancelled',
      process: 'api',
      reaches: ['outbox.redrive.cancelled'],
      prepare: refusedEvents('cancelled'),
    },
    {
      name: 'events that HubSpot refused are given up',
      process: 'api',
      reaches: ['outbox.discard.batch-discarded'],
      prepare: refusedEvents('discarded'),
    },
    {
      name: 'events are delivered',
      process: 'worker',
      reaches: [
        'outbox.inbox.moved',
        'outbox.wake.delivery-started',
        'outbox.delivery.awake',
        'outbox.delivery.claimed',
        'outbox.send.noted',
        'outbox.send.answered',
        'outbox.send.booked',
        'outbox.settle.settled',
        'outbox.delivery.asleep',
      ],
      prepare: delivered(),
    },
    {
      name: 'properties are made for events',
      process: 'worker',
      reaches: [
        'outbox.setup.listed',
        'outbox.setup.group-made',
        'outbox.setup.property-made',
        'outbox.setup.equipped',
      ],
      prepare: delivered({ keyed: true }),
    },
    {
      name: 'the answer to a create is lost',
      process: 'worker',
      reaches: ['outbox.lost.looked-up', 'outbox.lost.booked'],
      prepare: delivered({
        faults: [{ target: 'crm', path: '/notes/batch/create', kind: 'answerLost', count: 1 }],
      }),
    },
    {
      name: 'HubSpot is away (503)',
      process: 'worker',
      reaches: ['outbox.settle.counted'],
      prepare: delivered({ faults: [{ target: 'crm', kind: 'status', status: 503, count: 1 }] }),
    },
    {
      name: 'an account takes no custom events',
      process: 'worker',
      reaches: ['outbox.settle.refusal-noted'],
      prepare: refusedCustomEvents,
    },
    {
      name: 'a redrive moves its pages',
      process: 'worker',
      reaches: ['outbox.redrive.page-moved'],
      prepare: refusedEvents('redriven'),
    },
    {
      name: 'a portal goes, and HubSpot can be told',
      process: 'worker',
      reaches: ['outbox.end.batch-ended'],
      prepare: gone({ withToken: true }),
    },
    {
      name: 'a portal goes without its token',
      process: 'worker',
      reaches: ['outbox.end.rest-ended'],
      prepare: gone({ withToken: false }),
    },
    {
      name: 'events wait, and no delivery is awake',
      process: 'worker',
      reaches: ['outbox.sweep.delivery-started'],
      prepare: held(async ({ stack, portalId }) => {
        await stack.pool.query('UPDATE outbox_portals SET paused_at = NULL WHERE portal_id = $1', [portalId]);
      }, judgeOutbox),
    },
    {
      name: 'events wait of a portal that is gone',
      process: 'worker',
      reaches: ['outbox.sweep.portal-ended'],
      prepare: held(async ({ stack, portalId }) => {
        await stack.pool.query(`UPDATE portals SET state = 'disconnected' WHERE portal_id = $1`, [portalId]);
      }, judgeGone),
    },
    {
      name: 'events are fetched from an inbox elsewhere',
      process: 'worker',
      reaches: ['outbox.inbox.opened', 'outbox.foreign.noted', 'outbox.foreign.removed'],
      prepare: foreignInbox,
    },
  ],
};
