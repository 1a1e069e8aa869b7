import { access, readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const read = (file: string) => readFile(path.join(ROOT, file), 'utf8');

describe('docker-compose.yml', () => {
  let compose: string;

  beforeAll(async () => {
    compose = await read('docker-compose.yml');
  });

  it('takes from .env only what .env.example shows', async () => {
    const shown = new Set(
      [...(await read('.env.example')).matchAll(/^(?:# )?([A-Z_]+)=/gm)].map(([, name]) => name),
    );
    const taken = [...compose.matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name);
    expect(taken.filter((name) => !shown.has(name))).toEqual([]);
  });

  it('mounts files that exist', async () => {
    const mounted = [...compose.matchAll(/^\s+- (\.\/[^:]+):/gm)].map(([, file = '']) => file);
    expect(mounted.length).toBeGreaterThan(0);
    await Promise.all(mounted.map((file) => access(path.join(ROOT, file))));
  });

  it('makes the search attributes that the dev server of npm start has', async () => {
    const { SEARCH_ATTRIBUTES } = await import('../../../scripts/lib/temporal.mjs');
    const script = await read('docker/temporal/namespace.sh');
    expect(script).toContain(`for attribute in ${SEARCH_ATTRIBUTES.join(' ')}; do`);
  });
});
