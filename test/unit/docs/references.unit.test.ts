import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { anchorsOf, documents, firstGroups, named, read, ROOT, type Document } from './documents.js';

const FOLDERS = ['src', 'sandbox', 'test', 'scripts', 'bench', 'migrations', 'bin', 'docker', '.ci'];
const SKIPPED = ['node_modules', 'histories', 'meta'];

/** Every source file, and every file at the root that people read or edit. */
function sources(): Document[] {
  const inFolder = (folder: string): string[] =>
    readdirSync(path.join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
      if (SKIPPED.includes(entry.name)) return [];
      const file = path.posix.join(folder, entry.name);
      return entry.isDirectory() ? inFolder(file) : [file];
    });
  const atRoot = readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(js|cjs|json|yml|md|example)$|^Dockerfile$/.test(entry.name))
    .map(({ name }) => name)
    .filter((name) => name !== 'package-lock.json');
  const files = [...FOLDERS.flatMap(inFolder), ...atRoot].filter((file) => !/\.(svg|png)$/.test(file));
  return [...files.map((file) => ({ file, text: read(file) })), ...documents()];
}

/** Where `find` finds something, as `file: what`. */
function found(find: (document: Document) => Iterable<string>): string[] {
  return [
    ...new Set(
      sources().flatMap((document) => [...find(document)].map((what) => `${document.file}: ${what}`)),
    ),
  ];
}

describe('a reference in a source file or a document', () => {
  it('leads to a document that exists, and to a heading in it', () => {
    const dangling = found(({ text }) =>
      firstGroups(text, /\b(docs\/[\w/-]+\.(?:md|yml|json)(?:#[\w-]+)?)/g).filter((reference) => {
        const [file = '', anchor] = reference.split('#');
        if (!existsSync(path.join(ROOT, file))) return true;
        return anchor !== undefined && !anchorsOf(read(file)).has(anchor);
      }),
    );
    expect(dangling).toEqual([]);
  });

  it('to a law or a decision names one that there is', () => {
    const laws = firstGroups(read('docs/laws.md'), /^## (\d+)\. /gm);
    expect(laws).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9']);
    const decisions = readdirSync(path.join(ROOT, 'docs/decisions'))
      .filter((name) => /^\d/.test(name))
      .map((name) => String(Number(name.slice(0, 4))));
    const dangling = found(({ text }) => [
      ...firstGroups(text, /\b[Ll]aws? (\d+)\b/g)
        .filter((number) => !laws.includes(number))
        .map((number) => `law ${number}`),
      ...firstGroups(text, /\b[Dd]ecision (\d+)\b/g)
        .filter((number) => !decisions.includes(number))
        .map((number) => `decision ${number}`),
    ]);
    expect(dangling).toEqual([]);
  });

  it('names no section of a text that is not here', () => {
    expect(found(({ text }) => firstGroups(text, /(.{0,20}\u00a7.{0,10})/g))).toEqual([]);
    const inCapitals = found(({ text }) => firstGroups(text, /\b([A-Z][A-Z-]+\.md)\b/g));
    expect(inCapitals.filter((where) => !existsSync(path.join(ROOT, where.split(': ')[1] ?? '')))).toEqual(
      [],
    );
  });

  it('from a document to a file of the repository finds it there', () => {
    const dangling = named(({ text }) =>
      firstGroups(
        text,
        /`((?:src|test|sandbox|migrations|scripts|bench|docs|bin|docker)\/[\w/.-]+(?:\.\w+|\/))`/g,
      ),
    ).filter(([, file]) => !existsSync(path.join(ROOT, file)));
    expect(dangling).toEqual([]);
  });
});

describe('docs/README.md', () => {
  it('is the index: it leads to every document', () => {
    const index = read('docs/README.md');
    const all = readdirSync(path.join(ROOT, 'docs')).filter((name) => /\.(md|yml|json)$/.test(name));
    expect(all.filter((name) => name !== 'README.md' && !index.includes(`(${name})`))).toEqual([]);
  });
});

describe('docs/architecture.md', () => {
  const page = read('docs/architecture.md');

  it('names every table', () => {
    const migrations = sources().filter(({ file }) => /^migrations\/.*\.sql$/.test(file));
    const made = migrations.flatMap(({ text }) =>
      firstGroups(text, /CREATE TABLE (?:IF NOT EXISTS )?"?(\w+)"? ?\((?!\s*\))/g),
    );
    expect(made.length).toBeGreaterThan(20);
    const listed = page.slice(page.indexOf('## Tables'), page.indexOf('## Tenants'));
    expect(made.filter((table) => !listed.includes(`\`${table}\``))).toEqual([]);
  });

  it('names every floor and every room', () => {
    const folders = (folder: string) =>
      readdirSync(path.join(ROOT, folder), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name);
    const rows = firstGroups(page, /^\| ((?:`\w+`(?:, )?)+) \|/gm).flatMap((cell) =>
      firstGroups(cell, /`(\w+)`/g),
    );
    expect(folders('src').filter((floor) => !rows.includes(floor))).toEqual([]);
    const rooms = [
      'api',
      'worker',
      'workflows',
      'activities',
      'services',
      'temporal',
      'db',
      'domain',
      'cli',
    ].flatMap((floor) => folders(`src/${floor}`));
    expect([...new Set(rooms)].filter((room) => !rows.includes(room))).toEqual(['http']);
  });
});
