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

export const writes: CrashRoom = {
  name: 'writes',
  loads: [
    {
      name: 'records are written by those who wait for it',
      process: 'api',
      reaches: ['writes.request.answered', 'writes.batch.answered'],
      prepare: upserted,
    },
  ],
};
