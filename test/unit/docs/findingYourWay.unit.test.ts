import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { read, ROOT } from './documents.js';

const ROW = /^\| (.+?) \| \[([^\]]+)\]\(\.\.\/([^)]+)\) \| `([^`]+)` \|/gm;

describe('docs/finding-your-way.md', () => {
  const rows = [...read('docs/finding-your-way.md').matchAll(ROW)];

  it('answers fifty-two questions, each once', () => {
    expect(rows).toHaveLength(52);
    expect(new Set(rows.map(([, question]) => question)).size).toBe(52);
  });

  it('leads to files that are there and hold the name', () => {
    const wrong = rows.filter(
      ([, , shown, file = '', name = '']) =>
        shown !== file || !existsSync(path.join(ROOT, file)) || !read(file).includes(name),
    );
    expect(wrong.map(([row]) => row)).toEqual([]);
  });
});
