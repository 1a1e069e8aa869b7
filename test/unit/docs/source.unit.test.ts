import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { read, ROOT } from './documents.js';

/** Our own sources, without the sandbox's page, which browsers run. */
const files = ['src', 'sandbox', 'test', 'bench', 'scripts', 'bin']
  .flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map(
      (name) => `${folder}/${name}`,
    ),
  )
  .filter(
    (file) =>
      /\.(ts|mjs)$/.test(file) && !/^sandbox\/page\/|node_modules|^src\/sdk\/client\/schema\.ts$/.test(file),
  );

const lines = files.flatMap((file) =>
  read(file)
    .split('\n')
    .map((text, n) => ({ at: `${file}:${n + 1}`, text })),
);

describe('the sources', () => {
  it('are all looked at', () => {
    expect(files.length).toBeGreaterThan(500);
  });

  it('have comments that end at 120 columns', () => {
    const comments = lines.filter(({ text }) => /^\s*(\/\/|\/\*|\* )/.test(text));
    expect(comments.filter(({ text }) => text.length > 120).map(({ at }) => at)).toEqual([]);
  });

  it('write straight apostrophes', () => {
    const curly = String.fromCharCode(0x2019);
    expect(lines.filter(({ text }) => text.includes(curly)).map(({ at }) => at)).toEqual([]);
  });
});
