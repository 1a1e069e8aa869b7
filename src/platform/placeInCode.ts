import path from 'node:path';
import { fileURLToPath } from 'node:url';

/*
 * Where in somebody's code something is, from the words of Node's stacks.
 */

/** A line of a file. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** The first line of somebody's own code in the stack of an error: not of Node's, and of no package. */
export function placeOfError(error: unknown): Place | undefined {
  if (!(error instanceof Error)) return undefined;
  for (const line of error.stack?.split('\n') ?? []) {
    const place = line.trimStart().startsWith('at ') ? placeIn(line) : undefined;
    if (place && !isForeign(place.file)) return place;
  }
  return undefined;
}

/** `at name (file:///a/b.ts:3:16)`, or without the name and the brackets. */
export function placeIn(frame: string): Place | undefined {
  const from = Math.max(frame.lastIndexOf('('), frame.lastIndexOf(' '));
  const [text = ''] = frame.slice(from + 1).split(')', 1);
  const column = text.lastIndexOf(':');
  return placeAt(text.slice(0, column));
}

/** `file:///a/b.ts:3`, or with a path. */
export function placeAt(text: string): Place | undefined {
  const at = text.lastIndexOf(':');
  const line = Number(text.slice(at + 1));
  const named = text.slice(0, at);
  const file = named.startsWith('file:') ? fileURLToPath(named) : named;
  return at > 0 && Number.isInteger(line) && line > 0 && path.isAbsolute(file) ? { file, line } : undefined;
}

const OURS = path.resolve(import.meta.dirname, '..') + path.sep;

function isForeign(file: string): boolean {
  return file.startsWith(OURS) || file.includes(`${path.sep}node_modules${path.sep}`);
}
