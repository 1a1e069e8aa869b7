import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';

const SRC = path.resolve('src');
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, text: readFileSync(path.join(SRC, name), 'utf8') }));
/** They ask for a process id, or whether a database is there: no value is read. */
const READ_NO_VALUES = ['db/ensureDatabase.ts', 'db/sharedSessions.ts', 'db/silentConnections.ts'];

describe('a connection to the database', () => {
  it('is given its session wherever one is made, or reads no value', () => {
    const making = files.filter(({ text }) => /new pg\.(Client|Pool)\(/.test(text));
    const unset = making.filter(({ text }) => !text.includes('settleSession(')).map(({ name }) => name);
    expect(making.length).toBeGreaterThan(unset.length);
    expect(unset.sort()).toEqual(READ_NO_VALUES);
  });

  it('has no start-up parameter that a pooler refuses', () => {
    const refused =
      /^\s+((statement_timeout|lock_timeout|idle_in_transaction_session_timeout): |options: ['"`])/m;
    const asking = files.filter(({ text }) => /new pg\.(Client|Pool)\(/.test(text) && refused.test(text));
    expect(asking.map(({ name }) => name)).toEqual([]);
  });
});
