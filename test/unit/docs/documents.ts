import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const ROOT = path.resolve(import.meta.dirname, '../../..');

export interface Document {
  /** From the root of the repository. */
  readonly file: string;
  readonly text: string;
}

export const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

/** README and its siblings at the root, and everything in docs/. */
export function documents(): Document[] {
  const inDocs = readdirSync(path.join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.posix.join('docs', name.split(path.sep).join('/')));
  return ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', ...inDocs.sort()].map((file) => ({
    file,
    text: read(file),
  }));
}

/** What `find` takes from each document, with the document's name before it: a failure says where to look. */
export function named(find: (document: Document) => Iterable<string>): [string, string][] {
  return documents().flatMap((document) =>
    [...new Set(find(document))].map((found): [string, string] => [document.file, found]),
  );
}

/** The first group of each match. */
export function firstGroups(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map((match) => match[1] ?? '');
}

/** The anchors that GitHub makes of a document's headings. */
export function anchorsOf(text: string): Set<string> {
  const prose = text.replace(/^```[^]*?^```$/gm, '');
  return new Set(
    firstGroups(prose, /^#{1,6} (.+)$/gm).map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replace(/\s/g, '-'),
    ),
  );
}
