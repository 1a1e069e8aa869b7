import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A crash point as the source has it. */
export interface Label {
  readonly label: string;
  /** The first part of the label. */
  readonly room: string;
  /** From the root of the project; a label that stands in several places is one label. */
  readonly files: readonly string[];
}

const ROOT = path.resolve(import.meta.dirname, '../..');
const DEFINED_IN = 'src/platform/crashPoint.ts';
const CALL = /\bcrashPoint\(([^)]*)\)/g;
const LITERAL = /^'([a-z]+(?:\.[a-z]+(?:-[a-z]+)*){2,})'$/;

/** The source files, by their path from the root of the project. */
export function sources(): ReadonlyMap<string, string> {
  const files = readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `src/${file.replaceAll(path.sep, '/')}`)
    .sort();
  return new Map(files.map((file) => [file, readFileSync(path.join(ROOT, file), 'utf8')]));
}

/**
 * Every label of the source, in the order of its rooms and names. Throws for one that cannot be read here: it would be
 * left out.
 */
export function labelsIn(files: ReadonlyMap<string, string>): Label[] {
  const places = new Map<string, Set<string>>();
  for (const [file, text] of files) {
    if (file === DEFINED_IN) continue;
    for (const [call, argument = ''] of text.matchAll(CALL)) {
      const label = LITERAL.exec(argument.trim())?.[1];
      if (label === undefined) throw new Error(`${file}: ${call} is to name 'room.subject.event'`);
      places.set(label, (places.get(label) ?? new Set()).add(file));
    }
  }
  return [...places]
    .map(([label, where]) => ({ label, room: label.split('.')[0] ?? '', files: [...where] }))
    .sort((a, b) => (a.label < b.label ? -1 : 1));
}
