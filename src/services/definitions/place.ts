import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { frameOf } from '../../sdk/place.js';

/** A line of a file. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** What is wrong with a definition, and the line that is to be mended. */
export interface DefinitionProblem {
  readonly place: Place | undefined;
  readonly message: string;
}

/** Where something was defined. */
export function placeOf(definition: object): Place | undefined {
  const frame = frameOf(definition);
  return frame === undefined ? undefined : placeIn(frame);
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
function placeIn(frame: string): Place | undefined {
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

const OURS = path.resolve(import.meta.dirname, '../..') + path.sep;

function isForeign(file: string): boolean {
  return file.startsWith(OURS) || file.includes(`${path.sep}node_modules${path.sep}`);
}

/** The first line of a file of which this is true; its first one where there is none. */
export function lineWith(file: string, isMeant: (line: string) => boolean): Place {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  return { file, line: Math.max(lines.findIndex(isMeant), 0) + 1 };
}

/** Of a definition the line of one of its fields; that of the definition where it does not name the field itself. */
export function lineOfField(place: Place | undefined, field: string): Place | undefined {
  if (!place || !existsSync(place.file)) return place;
  const lines = readFileSync(place.file, 'utf8').split('\n');
  const names = new RegExp(`(?:^|[\\s{,])${field}\\s?[:(,]`);
  for (let n = place.line - 1; n < lines.length; n += 1) {
    const text = lines[n] ?? '';
    if (n >= place.line && text.includes('define')) break;
    if (names.test(text)) return { ...place, line: n + 1 };
  }
  return place;
}

/**
 * `events/orderPlaced.ts:7: what is wrong`, the file as it is found from here. What is wrong with the config file as a
 * whole is so at its export.
 */
export function inALine({ place, message }: DefinitionProblem, config: string, cwd: string): string {
  const { file, line } = place ?? lineWith(config, (text) => text.startsWith('export default'));
  return `${file.startsWith(cwd + path.sep) ? path.relative(cwd, file) : file}:${line}: ${message}`;
}
