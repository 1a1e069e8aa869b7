import path from 'node:path';
import { expect, it } from '@jest/globals';
import { read } from '../docs/documents.js';

/** What a module loads before it runs: its imports, and theirs. Types are gone by then. */
function loadedWith(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, from = ''] of read(file).matchAll(
    /^(?:import|export)\s(?!type\b)(?:[^;']*?\sfrom\s)?'([^']+)';/gm,
  ))
    if (from.startsWith('.'))
      loadedWith(path.posix.join(path.posix.dirname(file), from.replace(/\.js$/, '.ts')), seen);
    else seen.add(from);
  return seen;
}

it.each([
  'throttle/lanes',
  'throttle/executions',
  'portals/portalStatus',
  'outbox/events',
  'workspaces/apiKeys',
])(
  'a command that asks the API alone (%s) loads no database driver and no SDK, which would take longer than its answer',
  (command) => {
    const loaded = [...loadedWith('src/cli/main.ts'), ...loadedWith(`src/cli/${command}.ts`)];
    expect(loaded).toContain('openapi-fetch');
    const slow = loaded.filter((name) => /^(pg|drizzle-orm|@temporalio|express|winston|undici)\b/.test(name));
    expect(slow).toEqual([]);
  },
);
