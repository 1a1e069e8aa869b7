import { randomUUID } from 'node:crypto';
import { requestHashOf } from '../../src/db/workspaces/answeredRequests.js';
import type { Verdict } from '../faults/oracle.js';
import { until, type Stack } from '../support/stack.js';
import type { CrashRoom, Load } from './crashRoom.js';

const RECORDS = 5;

/** Contacts that are written by their addresses, each sent again until it is answered: each is made once. */
const upserted: Load['prepare'] = async (stack) => {
  const portalId = await stack.connectPortal();
  const before = (await stack.sandbox.crm(portalId)).records.contacts ?? 0;
  const answered = new Map<number, string>();
  const write = async (n: number): Promise<void> => {
    const properties = { email: `written${n}@example.com`, firstname: `Name ${n}` };
    const body = { idProperty: 'email', properties };
    const path = `/api/objects/contacts?portalId=${portalId}`;
    const { status, body: answer } = await stack.api.request<{ record: { id: string } }>('POST', path, body);
    if (status < 300) answered.set(n, answer.record.id);
  };
  const open = () => Array.from({ length: RECORDS }, (_, n) => n).filter((n) => !answered.has(n));
  // The API may be dead: what has no answer is sent again.
  const writeOpen = () => Promise.allSettled(open().map(write));
  return {
    begin: async () => void (await writeOpen()),
    async ended() {
      if (open().length > 0) await writeOpen();
      return open().length === 0;
    },
    async judge(): Promise<Verdict> {
      const made = ((await stack.sandbox.crm(portalId)).records.contacts ?? 0) - before;
      const ids = new Set(answered.values()).size;
      const isRight = made === RECORDS && ids === RECORDS;
      return {
        problems: isRight ? [] : [`${made} of ${RECORDS} contacts, under ${ids} ids`],
        figures: [['written', made]],
      };
    },
  };
};

/** Deals, which HubSpot cannot tell from repeats: each is sent again with its key until it is answered. */
const created: Load['prepare'] = async (stack) => {
  const portalId = await stack.connectPortal();
  const before = (await stack.sandbox.crm(portalId)).records.deals ?? 0;
  const keys = Array.from({ length: RECORDS }, () => randomUUID());
  const answered = new Map<number, string>();
  const write = async (n: number): Promise<void> => {
    const properties = { dealname: `Deal ${n}`, dealstage: 'appointmentscheduled', pipeline: 'default' };
    const { status, body } = await stack.api.request<{ record: { id: string } }>(
      'POST',
      `/api/objects/deals?portalId=${portalId}`,
      { properties },
      { 'idempotency-key': keys[n] ?? '' },
    );
    if (status < 300) answered.set(n, body.record.id);
  };
  const open = () => keys.map((_, n) => n).filter((n) => !answered.has(n));
  const writeOpen = () => Promise.allSettled(open().map(write));
  // What was noted is looked for when it can no longer be under way, and when HubSpot's search shows it.
  const { rows } = await stack.pool.query<{ id: string }>(
    'SELECT workspace_id AS id FROM portals WHERE portal_id = $1',
    [portalId],
  );
  const hashes = keys.map((key) => requestHashOf(rows[0]?.id ?? '', key));
  const pass = (minutes: number) =>
    stack.pool.query(
      `UPDATE idempotency_keys SET answered_at = answered_at - make_interval(mins => $1)
        WHERE status < 200 AND request_hash = ANY ($2)`,
      [minutes, hashes],
    );
  return {
    begin: async () => void (await writeOpen()),
    async ended() {
      if (open().length > 0) {
        await pass(3);
        await writeOpen();
      }
      return open().length === 0;
    },
    async judge(): Promise<Verdict> {
      const made = ((await stack.sandbox.crm(portalId)).records.deals ?? 0) - before;
      const ids = new Set(answered.values()).size;
      const isRight = made === RECORDS && ids === RECORDS;
      return {
        problems: isRight ? [] : [`${made} of ${RECORDS} deals, under ${ids} ids`],
        figures: [['made', made]],
      };
    },
  };
};

/** What is done once for each of some records, and again until it is answered. */
function repeated(ids: readonly string[], work: (id: string) => Promise<{ status: number }>) {
  const answered = new Set<string>();
  const open = () => ids.filter((id) => !answered.has(id));
  const workOpen = () =>
    Promise.allSettled(
      open().map(async (id) => {
        if ((await work(id)).status < 300) answered.add(id);
      }),
    );
  return {
    begin: async () => void (await workOpen()),
    async ended() {
      if (open().length > 0) await workOpen();
      return open().length === 0;
    },
  };
}

/** The ids of new records of a portal. */
async function someRecords(stack: Stack, portalId: number, type: string, name: string): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < RECORDS; n += 1) {
    const properties = type === 'contacts' ? { email: `${name}${n}@example.com` } : { name: `${name} ${n}` };
    const { record } = await stack.api.must<{ record: { id: string } }>(
      ...(['POST', `/api/objects/${type}?portalId=${portalId}`, { properties }] as const),
    );
    ids.push(record.id);
  }
  return ids;
}

/** Contacts of a mirror, each deleted until that is answered: they are out of HubSpot's list and of the mirror. */
const deleted: Load['prepare'] = async (stack) => {
  const portalId = await stack.connectPortal();
  const sync = `/api/sync/${portalId}/contacts`;
  await stack.api.must('POST', sync, { action: 'start' });
  const isLoaded = async () => (await stack.api.must<{ state: string }>('GET', sync)).state === 'following';
  await until('the contacts are mirrored', isLoaded, 60_000, 200);
  const before = (await stack.sandbox.crm(portalId)).records.contacts ?? 0;
  const ids = await someRecords(stack, portalId, 'contacts', 'deleted');
  return {
    ...repeated(ids, (id) => stack.api.delete(`/api/objects/contacts/${id}?portalId=${portalId}`)),
    async judge(): Promise<Verdict> {
      const left = ((await stack.sandbox.crm(portalId)).records.contacts ?? 0) - before;
      const shown = await Promise.all(
        ids.map((id) => stack.api.get(`/api/objects/contacts/${id}?portalId=${portalId}`)),
      );
      const mirrored = shown.filter(({ status }) => status !== 404).length;
      const isRight = left === 0 && mirrored === 0;
      return {
        problems: isRight ? [] : [`${left} are left at HubSpot, ${mirrored} in the mirror`],
        figures: [['deleted', ids.length]],
      };
    },
  };
};

const PRIMARY = 1;

/** Contacts that get a company with a label, each until that is answered; or lose it. */
const linked =
  ({ apart }: { readonly apart: boolean }): Load['prepare'] =>
  async (stack) => {
    const portalId = await stack.connectPortal();
    const ids = await someRecords(stack, portalId, 'contacts', apart ? 'apart' : 'linked');
    const [company = ''] = await someRecords(stack, portalId, 'companies', 'Company');
    const pathOf = (id: string) =>
      `/api/objects/contacts/${id}/associations/companies/${company}?portalId=${portalId}`;
    const link = (id: string) =>
      stack.api.put<{ types: { typeId: number }[] }>(pathOf(id), {
        labels: [{ category: 'HUBSPOT_DEFINED', typeId: PRIMARY }],
      });
    const unlink = (id: string) => stack.api.delete<{ types: { typeId: number }[] }>(pathOf(id));
    if (apart) for (const id of ids) await link(id);
    return {
      ...repeated(ids, apart ? unlink : link),
      async judge(): Promise<Verdict> {
        const found = await Promise.all(ids.map(apart ? unlink : link));
        const wrong = found.filter(
          ({ body }) => body.types.some(({ typeId }) => typeId === PRIMARY) === apart,
        );
        return {
          problems: wrong.length === 0 ? [] : [`${wrong.length} pairs are not as they were asked to be`],
          figures: [['pairs', ids.length]],
        };
      },
    };
  };

export const writes: CrashRoom = {
  name: 'writes',
  loads: [
    {
      name: 'records are written by those who wait for it',
      process: 'api',
      reaches: ['writes.request.answered', 'writes.batch.answered'],
      prepare: upserted,
    },
    {
      name: 'records are made that HubSpot cannot tell from repeats',
      process: 'api',
      reaches: ['writes.create.noted', 'writes.create.answered'],
      prepare: created,
    },
    {
      name: 'records are deleted by those who wait for it',
      process: 'api',
      reaches: ['writes.delete.answered'],
      prepare: deleted,
    },
    {
      name: 'records get labels by those who wait for it',
      process: 'api',
      reaches: ['writes.link.answered'],
      prepare: linked({ apart: false }),
    },
    {
      name: 'associations are ended by those who wait for it',
      process: 'api',
      reaches: ['writes.unlink.answered'],
      prepare: linked({ apart: true }),
    },
  ],
};
