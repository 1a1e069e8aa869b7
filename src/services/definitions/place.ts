import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { placeIn, type Place } from '../../platform/placeInCode.js';
import { frameOf } from '../../sdk/place.js';

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
    if (n >= place.line && /define[A-Z]|onChange\(/.test(text)) break;
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
