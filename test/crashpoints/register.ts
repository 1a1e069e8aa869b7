import type { Verdict } from '../faults/oracle.js';
import { WITHOUT_SCHEMAS } from '../faults/registrations.js';
import { asked } from './ask.js';
import type { CrashRoom, Load, Play } from './crashRoom.js';

const ALL = { contacts: 1, deals: 2, tickets: 2 };

function body(portalId: number) {
  return {
    portalId,
    contact: { email: 'killed@example.com', firstname: 'Ada' },
    deals: [1, 2].map((n) => ({ dealname: `Deal ${n}`, dealstage: 'appointmentscheduled' })),
    tickets: [1, 2].map((n) => ({ subject: `Ticket ${n}`, hs_pipeline_stage: '1' })),
  };
}

/** One registration, which is asked for until it stands: at HubSpot there is each record once, associated. */
const registration =
  ({ keyed }: { readonly keyed: boolean }): Load['prepare'] =>
  async (stack) => {
    const portalId = await stack.connectPortal();
    if (!keyed) await stack.sandbox.grantOnly(portalId, WITHOUT_SCHEMAS);
    const registrations = async () => {
      const { rows } = await stack.pool.query<{ state: string; doubts: number }>(
        `SELECT r.state, coalesce(sum(s.doubts), 0)::int AS doubts FROM registrations r
           LEFT JOIN registration_steps s ON s.workspace_id = r.workspace_id AND s.registration_id = r.id
          WHERE r.portal_id = $1 GROUP BY r.id, r.state`,
        [portalId],
      );
      return rows;
    };
    const play: Play = {
      ...asked(() => stack.api.must('POST', '/crm/register', body(portalId)), {
        stands: async () => (await registrations()).length > 0,
        isDone: async () => (await registrations()).some(({ state }) => state === 'done'),
      }),
      async judge(): Promise<Verdict> {
        const { records } = await stack.sandbox.crm(portalId);
        const all = await registrations();
        const doubts = all.reduce((sum, one) => sum + one.doubts, 0);
        const problems = Object.entries(ALL).flatMap(([type, wanted]) => {
          const there = records[type] ?? 0;
          return there < wanted || there > wanted + doubts
            ? [`${there} ${type} in place of ${wanted}, with ${doubts} doubts`]
            : [];
        });
        if (all.length !== 1) problems.push(`${all.length} registrations in place of one`);
        return { problems, figures: [['registered', all.length]] };
      },
    };
    return play;
  };

/** One whose address HubSpot refuses: its resume comes to the same, and nothing is written. */
const resumed: Load['prepare'] = async (stack) => {
  const portalId = await stack.connectPortal();
  const find = async () => {
    const { rows } = await stack.pool.query<{ id: string; state: string; endedAt: Date | null }>(
      'SELECT id::text, state, ended_at AS "endedAt" FROM registrations WHERE portal_id = $1',
      [portalId],
    );
    return rows[0];
  };
  await stack.api.request('POST', '/crm/register', {
    ...body(portalId),
    contact: { email: 'killed@example.con' },
  });
  const first = await find();
  if (first?.state !== 'failed') throw new Error(`It is ${first?.state}, and not failed`);
  const isOpened = (endedAt: Date | null | undefined) => endedAt?.getTime() !== first.endedAt?.getTime();
  const play: Play = {
    ...asked(() => stack.api.must('POST', `/crm/register/${first.id}/resume`), {
      stands: async () => isOpened((await find())?.endedAt),
      async isDone() {
        const now = await find();
        return now?.state === 'failed' && isOpened(now.endedAt);
      },
    }),
    async judge(): Promise<Verdict> {
      const { records } = await stack.sandbox.crm(portalId);
      const made = Object.keys(ALL).filter((type) => (records[type] ?? 0) > 0);
      return { problems: made.map((type) => `${type} were written`), figures: [['resumed', 1]] };
    },
  };
  return play;
};

/** The portal changes an option after the worker has read it: what names it is planned anew. */
const contradicted: Load['prepare'] = async (stack) => {
  const portalId = await stack.connectPortal();
  const token = stack.secrets.tokens.get(portalId) ?? '';
  const define = async (method: string, path: string, property: object) => {
    const { status } = await fetch(`${stack.sandboxProcess.url}/crm/properties/2026-03/contacts${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(property),
    });
    if (status >= 300) throw new Error(`The sandbox answers ${status}`);
  };
  const options = (value: string) => [{ label: 'Gold', value, displayOrder: 0, hidden: false }];
  await define('POST', '', {
    ...{ name: 'sluice_level', label: 'Level', groupName: 'contactinformation' },
    ...{ type: 'enumeration', fieldType: 'select', options: options('gold') },
  });
  const states = async () => {
    const { rows } = await stack.pool.query<{ state: string }>(
      'SELECT state FROM registrations WHERE portal_id = $1 ORDER BY created_at, id',
      [portalId],
    );
    return rows.map(({ state }) => state);
  };
  const register = (name: string) =>
    stack.api.request(
      'POST',
      '/crm/register',
      { portalId, contact: { email: `${name}@example.com`, sluice_level: 'Gold' } },
      { Prefer: 'wait=0' },
    );
  const play: Play = {
    async begin() {
      await register('before');
    },
    async ended() {
      const [before, after] = await states();
      if (before === 'done' && after === undefined) {
        await define('PATCH', '/sluice_level', { options: options('gold_2') });
        await register('after');
      }
      return after === 'done';
    },
    async judge(): Promise<Verdict> {
      const { records } = await stack.sandbox.crm(portalId);
      const all = await states();
      const problems = records.contacts === 2 ? [] : [`${records.contacts ?? 0} contacts in place of two`];
      if (all.join() !== 'done,done') problems.push(`The registrations are ${all.join()}`);
      return { problems, figures: [['registered', all.length]] };
    },
  };
  return play;
};

export const register: CrashRoom = {
  name: 'register',
  loads: [
    {
      name: 'a registration is asked for',
      process: 'api',
      reaches: ['register.request.stored'],
      prepare: registration({ keyed: true }),
    },
    {
      name: 'one that failed is to be resumed',
      process: 'api',
      reaches: ['register.resume.stored'],
      prepare: resumed,
    },
    {
      name: 'a registration is written',
      process: 'worker',
      reaches: [
        'register.check.taken',
        'register.check.booked',
        'register.step.taken',
        'register.lost.looked',
        'register.step.answered',
        'register.upsert.answered',
        'register.step.sent',
        'register.step.booked',
        'register.registration.ended',
      ],
      prepare: registration({ keyed: true }),
    },
    {
      name: 'an option has another value than it was read with',
      process: 'worker',
      reaches: ['register.step.planned-anew'],
      prepare: contradicted,
    },
    {
      name: 'records are made that HubSpot cannot tell from a repeat',
      process: 'worker',
      reaches: ['register.create.noted'],
      prepare: registration({ keyed: false }),
    },
  ],
};
