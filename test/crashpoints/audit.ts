import type { Verdict } from '../faults/oracle.js';
import type { Stack } from '../support/stack.js';
import { asked } from './ask.js';
import type { CrashRoom, Load } from './crashRoom.js';

let made = 0;

/** The chain holds from its first entry on, whatever died while it grew. */
async function judgeChain(stack: Stack): Promise<Verdict> {
  const { ok, entries, problem } = await stack.api.must<{
    ok: boolean;
    entries: number;
    problem: { seq: string; detail: string } | null;
  }>('GET', '/api/audit/verify');
  return {
    problems: ok ? [] : [`The audit chain does not hold at ${problem?.seq}: ${problem?.detail}`],
    figures: [['entries', entries]],
  };
}

/** A change and its entry: both, or neither. */
const changed: Load['prepare'] = (stack) => {
  made += 1;
  const name = `crash point ${made}`;
  const keys = async (): Promise<string[]> => {
    const { rows } = await stack.pool.query<{ id: string }>('SELECT id FROM api_keys WHERE name = $1', [
      name,
    ]);
    return rows.map(({ id }) => id);
  };
  return Promise.resolve({
    ...asked(() => stack.api.must('POST', '/api/keys', { name, scopes: ['throttle:read'] }), {
      stands: async () => (await keys()).length > 0,
    }),
    async judge() {
      const { problems, figures } = await judgeChain(stack);
      const { rows } = await stack.pool.query<{ id: string | null; entries: number; keys: number }>(
        `SELECT coalesce(k.id::text, e.subject ->> 'keyId') AS id, count(e.seq)::int AS entries, count(k.id)::int AS keys
           FROM api_keys k FULL JOIN (SELECT * FROM audit_entries WHERE operation = 'key.create' AND actor LIKE 'key:%') e
             ON e.subject ->> 'keyId' = k.id::text
          WHERE k.name LIKE 'crash point %' OR k.id IS NULL GROUP BY 1`,
      );
      const apart = rows.filter((row) => row.entries !== 1 || row.keys !== 1);
      return {
        problems: [
          ...problems,
          ...apart.map((row) => `Key ${row.id}: ${row.keys} stored, ${row.entries} entries`),
          ...((await keys()).length === 1 ? [] : [`${(await keys()).length} keys were made`]),
        ],
        figures,
      };
    },
  });
};

/** A chain whose end nobody has signed. */
const signed: Load['prepare'] = (stack) =>
  Promise.resolve({
    begin: async () => void (await stack.pool.query('DELETE FROM audit_heads')),
    ended: async () => ((await stack.pool.query('SELECT FROM audit_heads')).rowCount ?? 0) > 0,
    judge: () => judgeChain(stack),
  });

export const auditRoom: CrashRoom = {
  name: 'audit',
  alsoIn: ['src/api/http/audit'],
  loads: [
    {
      name: 'something is changed',
      process: 'api',
      reaches: ['audit.change.made', 'audit.change.committed'],
      prepare: changed,
    },
    {
      name: 'the end of a chain is signed',
      process: 'worker',
      reaches: ['audit.head.stored'],
      prepare: signed,
    },
  ],
};
