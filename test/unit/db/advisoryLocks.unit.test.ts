import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ADVISORY_LOCKS } from '../../../src/db/advisoryLocks.js';
import { read, ROOT } from '../docs/documents.js';

const keys = Object.entries(ADVISORY_LOCKS).map(([name, key]) => ({
  name,
  key: typeof key === 'string' ? key : key('$1', '$2'),
}));
const filesOf = (folder: string, extension: string) =>
  readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(extension))
    .map((name) => `${folder}/${name}`);
const withoutComments = (sql: string) => sql.replaceAll(/--.*$/gm, '');

/** Whatever is used as a key of a lock: numbers that stand alone or are given to it, and names before their slash. */
function keysIn(sql: string): string[] {
  return [...sql.matchAll(/(?:^|advisory\w*\()(\d+)|hashtextextended\('(\w+)\//g)].map(
    ([, number, name]) => number ?? name ?? '',
  );
}

describe('the list of advisory locks', () => {
  it('has no key twice', () => {
    expect(new Set(keys.map(({ key }) => key)).size).toBe(keys.length);
    const names = keys.flatMap(({ key }) => keysIn(key));
    expect(new Set(names).size).toBe(keys.length);
  });

  it('is used wherever the code takes, tries or gives back one, and nothing in it is left over', () => {
    const used = new Set<string>();
    for (const file of [...filesOf('src', '.ts'), ...filesOf('test/support', '.ts')]) {
      if (file === 'src/db/advisoryLocks.ts') continue;
      const text = read(file);
      for (const [, name] of text.matchAll(/ADVISORY_LOCKS\.(\w+)/g)) used.add(name!);
      const otherwise = [...text.matchAll(/pg_\w*advisory\w*\((?!\$\{ADVISORY_LOCKS\.)/g)];
      expect({ file, otherwise: otherwise.map(([call]) => call) }).toEqual({ file, otherwise: [] });
    }
    const byKey = new Map(keys.map(({ name, key }) => [keysIn(key)[0], name]));
    for (const file of filesOf('migrations', '.sql')) {
      const sql = withoutComments(read(file));
      if (!sql.includes('advisory')) continue;
      const found = keysIn(sql);
      expect({ file, known: found.length > 0 && found.every((key) => byKey.has(key)) }).toEqual({
        file,
        known: true,
      });
      for (const key of found) used.add(byKey.get(key)!);
    }
    expect([...used].sort()).toEqual(keys.map(({ name }) => name).sort());
  });
});
