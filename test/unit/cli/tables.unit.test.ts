import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { COMMANDS } from './commands.js';
import { sluice } from './exampleApi.js';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sluice-cli-'));
  writeFileSync(path.join(directory, 'file'), '{"data": 1}');
});
afterAll(() => rmSync(directory, { recursive: true }));

const COMMAND_LINES = [...new Set(Object.values(COMMANDS))];
const wordsOf = (line: string) =>
  line.split(' ').map((word) => (word === 'FILE' ? path.join(directory, 'file') : word));

const COLUMNS = 100;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The same with long words and large numbers. Ids, times and nothing stay what they are. */
function widened(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((one) => widened(one, name));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, widened(one, key)]));
  if (typeof value === 'number') return /portal_?id/i.test(name) ? 1_234_567_890 : value + 1_234_567;
  if (typeof value !== 'string' || UUID.test(value) || !Number.isNaN(Date.parse(value))) return value;
  return /^\d+$/.test(value) ? '123456789012' : `${value}, as long as somebody may write `.repeat(6);
}

/** The lines of the tables in what was printed: a line of headers, and those after it. */
function tableLines(out: string): string[] {
  return out.split('\n\n').flatMap((block) => {
    const lines = block.split('\n');
    const from = lines.findIndex((line) => /^[A-Z][A-Z… ]*( {2,}[A-Z][A-Z… ]*)+$/.test(line));
    return from === -1 ? [] : lines.slice(from);
  });
}

describe('a table', () => {
  it.each(COMMAND_LINES)('fits 100 columns, whatever is in it: sluice %s', async (line) => {
    const { out } = await sluice(wordsOf(line), { change: widened });
    for (const row of tableLines(out))
      expect([row, row.length]).toEqual([row, Math.min(row.length, COLUMNS)]);
  });

  it('is what nearly every list prints', async () => {
    const without: string[] = [];
    for (const line of COMMAND_LINES.filter((one) => / (list|requests|dead)\b| types$/.test(one)))
      if (tableLines((await sluice(wordsOf(line), { change: widened })).out).length < 2) without.push(line);
    expect(without).toEqual([]);
  });
});

describe('what is printed', () => {
  it('has no colours, which is what NO_COLOR asks for', async () => {
    for (const line of [...COMMAND_LINES.map(wordsOf), ['--help'], ['lanes', '--help'], ['lanes', 'fly']]) {
      const { out, err } = await sluice(line, { env: { NO_COLOR: '1', FORCE_COLOR: '1' } });
      expect(out + err).not.toContain('\u001b');
    }
  });
});
