import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { readLines, type Line } from '../../../src/api/http/lines.js';

async function linesOf(chunks: readonly (string | Buffer)[], maxBytes = 1000): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const line of readLines(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), maxBytes))
    lines.push(line);
  return lines;
}

describe('the lines of a stream', () => {
  it('are the same wherever the chunks end, within a character too', async () => {
    const text = Buffer.from('{"a":1}\r\n\n  \n{"ü":"€"}\nlast');
    const expected = [
      { number: 1, text: '{"a":1}' },
      { number: 4, text: '{"ü":"€"}' },
      { number: 5, text: 'last' },
    ];
    for (let size = 1; size <= text.length; size += 1) {
      const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, n) =>
        text.subarray(n * size, (n + 1) * size),
      );
      expect(await linesOf(chunks)).toEqual(expected);
    }
  });

  it('are told, and not kept, when they are too long', async () => {
    expect(await linesOf(['a\n', 'x'.repeat(600), 'x'.repeat(600), '\nb\n', 'y'.repeat(1001)])).toEqual([
      { number: 1, text: 'a' },
      { number: 2, text: undefined },
      { number: 3, text: 'b' },
      { number: 4, text: undefined },
    ]);
  });

  it('are read as they are dealt with: a stream is never far ahead of who reads it', async () => {
    let pulled = 0;
    const chunk = Buffer.from('x'.repeat(99) + '\n');
    const endless = new Readable({
      highWaterMark: 1000,
      read() {
        pulled += 1;
        this.push(chunk);
      },
    });
    let read = 0;
    for await (const _ of readLines(endless, 1000)) {
      read += 1;
      await new Promise((resolve) => setImmediate(resolve));
      expect(pulled - read).toBeLessThan(30);
      if (read === 500) break;
    }
    expect(endless.destroyed).toBe(true);
  });
});
