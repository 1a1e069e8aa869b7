import type { Readable } from 'node:stream';

/** A line of a stream, counted from 1. `text` is undefined when it is longer than a line may be. */
export interface Line {
  readonly number: number;
  readonly text: string | undefined;
}

const NEWLINE = 0x0a;

/**
 * The lines of a stream, one after the other: no more of it is in memory than one line and one chunk, and nothing more
 * is read while a line is being dealt with. Lines without content are left out, and counted.
 */
export async function* readLines(stream: Readable, maxBytes: number): AsyncGenerator<Line> {
  let parts: Buffer[] = [];
  let bytes = 0;
  let number = 1;

  function add(part: Buffer): void {
    bytes += part.length;
    if (bytes <= maxBytes) parts.push(part);
    else parts = [];
  }
  function end(): Line | undefined {
    const text = bytes > maxBytes ? undefined : Buffer.concat(parts).toString('utf8').trim();
    const line = text === '' ? undefined : { number, text };
    parts = [];
    bytes = 0;
    number += 1;
    return line;
  }

  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let from = 0;
    for (let to = chunk.indexOf(NEWLINE); to >= 0; to = chunk.indexOf(NEWLINE, from)) {
      add(chunk.subarray(from, to));
      from = to + 1;
      const line = end();
      if (line) yield line;
    }
    add(chunk.subarray(from));
  }
  const last = end();
  if (last) yield last;
}
