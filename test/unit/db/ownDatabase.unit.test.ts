import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { read, ROOT } from '../docs/documents.js';

/** What a server has of all its databases. */
const OF_THE_SERVER = /pg_stat_activity|pg_locks|pg_prepared_xacts|pg_cancel_backend|pg_terminate_backend/;
/** What narrows it to one database, or to sessions that somebody named. */
const NARROWED =
  /datname|current_database\(\)|\bpid = (ANY|pg_backend_pid|\$)|_backend\((\$|pid\) FROM unnest)/;
/** What counts for all databases of a server: the oldest transaction that runs. */
const OF_ALL = 'src/db/crm/feedStanding.ts';

const filesOf = (folder: string, extension: string) =>
  readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(extension) && !name.includes('node_modules'))
    .map((name) => `${folder}/${name}`);

/** The literals of a file of TypeScript, or the statements of one of SQL, that look at the server. */
function looksIn(file: string): string[] {
  const text = read(file);
  if (file.endsWith('.sql'))
    return text
      .replaceAll(/--.*$/gm, '')
      .split(';')
      .filter((one) => OF_THE_SERVER.test(one));
  const literals = text.replaceAll(/^\s*(\/\/|\/?\*).*$/gm, '').match(/`[^`]*`|'(?:[^'\\\n]|\\.)*'/g) ?? [];
  // What stands in quotes and begins otherwise is advice.
  return literals.filter((literal) => OF_THE_SERVER.test(literal) && /^('|`[^`]*)\bSELECT\b/.test(literal));
}

it('what looks at sessions and locks, or ends them, keeps to its own database: others share the server', () => {
  const files = [
    ...['src', 'sandbox', 'test', 'bench'].flatMap((folder) => filesOf(folder, '.ts')),
    ...filesOf('migrations', '.sql'),
  ].filter((file) => !file.endsWith('ownDatabase.unit.test.ts'));
  const looks = files.flatMap((file) => looksIn(file).map((statement) => ({ file, statement })));
  expect(looks.length).toBeGreaterThan(20);
  expect(looks.filter(({ file, statement }) => file !== OF_ALL && !NARROWED.test(statement))).toEqual([]);
});
