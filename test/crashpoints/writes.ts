import { randomUUID } from 'node:crypto';
import { requestHashOf } from '../../src/db/workspaces/answeredRequests.js';
import type { Verdict } from '../faults/oracle.js';
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
  ],
};
