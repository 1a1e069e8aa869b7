import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { read, ROOT } from '../docs/documents.js';

/** Called by the migration, or as a trigger. */
const EXECUTED_BY_THE_OWNER = ['api_key_changed', 'isolate_tenants'];

const files = readdirSync(path.join(ROOT, 'migrations/functions'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.sql'))
  .map((file) => ({ name: path.basename(file, '.sql'), text: read(`migrations/functions/${file}`) }));

describe('a file of a function', () => {
  it('makes the function of its name, and no other', () => {
    for (const { name, text } of files)
      expect([...text.matchAll(/^CREATE OR REPLACE FUNCTION (\w+)/gm)].map(([, made]) => made)).toEqual([
        name,
      ]);
  });

  it('says who may execute it', () => {
    const silent = files.filter(
      ({ name, text }) =>
        !new RegExp(`^GRANT EXECUTE ON FUNCTION ${name}\\b.* TO sluice_\\w+`, 'm').test(text),
    );
    expect(silent.map(({ name }) => name).sort()).toEqual(EXECUTED_BY_THE_OWNER);
  });
});
