import { until } from '../../support/stack.js';
import { everySecond } from '../everySecond.js';
import type { SoakRoom } from '../room.js';

const REGISTERED_MS = 240_000;
/** Each with one deal and two tickets, and each fifth of a contact that is there already. */
const TICKETS = 2;
const PEOPLE_PER_REGISTRATION = 5;

/** Registrations under keys of their own, asked for until they stand; those that fail are resumed. */
export const registerRoom: SoakRoom = {
  name: 'register',

  async prepare({ stack, insist }) {
    const portalId = await stack.connectPortal();
    let asked = 0;
    const people = new Set<number>();
    const states = async () => {
      const { rows } = await stack.pool.query<{ id: string; state: string }>(
        'SELECT id::text, state FROM registrations WHERE portal_id = $1',
        [portalId],
      );
      return rows;
    };
    const register = async (n: number) => {
      const person = n - (n % PEOPLE_PER_REGISTRATION === 1 ? 1 : 0);
      people.add(person);
      const answer = await stack.api.request(
        'POST',
        '/crm/register',
        {
          portalId,
          contact: { email: `registered${person}@example.com`, firstname: `Name ${n}` },
          deals: [{ dealname: `Deal ${n}`, dealstage: 'appointmentscheduled' }],
          tickets: Array.from({ length: TICKETS }, (_, at) => ({
            subject: `Ticket ${n}.${at}`,
            hs_pipeline_stage: '1',
          })),
        },
        { 'idempotency-key': `soak-register-${portalId}-${n}`, prefer: 'wait=0' },
      );
      // A failed one is there as well: it is resumed in the end.
      if (![200, 202, 424].includes(answer.status)) throw new Error(`It was answered ${answer.status}`);
    };
    return {
      portalIds: [portalId],
      async load(end) {
        await everySecond(end, async () => {
          const n = asked;
          await insist('a registration is asked for', () => register(n));
          asked += 1;
        });
      },
      async progress() {
        const all = await states();
        const done = all.filter(({ state }) => state === 'done').length;
        return { done, waiting: asked - done };
      },
      async drain() {
        await until(
          'all is registered',
          async () => {
            const all = await states();
            for (const { id, state } of all)
              if (state === 'failed')
                await stack.api.request('POST', `/crm/register/${id}/resume`, {}, { prefer: 'wait=0' });
            return all.length >= asked && all.every(({ state }) => state === 'done' || state === 'refused');
          },
          REGISTERED_MS,
          1000,
        );
      },
      async judge() {
        const problems: string[] = [];
        const all = await states();
        const refused = all.filter(({ state }) => state !== 'done').length;
        if (refused > 0) problems.push(`${refused} registrations are not done`);
        if (all.length !== asked) problems.push(`${all.length} registrations in place of ${asked}`);
        const { rows } = await stack.pool.query<{ doubts: number }>(
          `SELECT coalesce(sum(s.doubts), 0)::int AS doubts FROM registration_steps s
             JOIN registrations r ON r.workspace_id = s.workspace_id AND r.id = s.registration_id WHERE r.portal_id = $1`,
          [portalId],
        );
        const doubts = rows[0]?.doubts ?? 0;
        const { records } = await stack.sandbox.crm(portalId);
        const wanted = { contacts: people.size, deals: asked, tickets: asked * TICKETS };
        for (const [type, count] of Object.entries(wanted)) {
          const there = records[type] ?? 0;
          if (there < count || there > count + doubts)
            problems.push(`${there} ${type} in place of ${count}, with ${doubts} doubts`);
        }
        return {
          problems,
          figures: [
            ['registered', asked],
            ['doubts', doubts],
          ],
        };
      },
    };
  },
};
