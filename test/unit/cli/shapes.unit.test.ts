import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { OPERATIONS } from '../../../src/api/operations.js';
import { openApiDocument } from '../../../src/api/reference/openApiDocument.js';
import { read, ROOT } from '../docs/documents.js';

type Schema = Readonly<Record<string, unknown>>;

/** The fields of each object that an answer holds, wherever in it that stands. */
function answeredFields(): ReadonlySet<string>[] {
  const document = openApiDocument(OPERATIONS) as unknown as {
    paths: Record<string, Record<string, { responses?: unknown }>>;
    components: { schemas: Record<string, Schema> };
  };
  const found: ReadonlySet<string>[] = [];
  const seen = new Set<unknown>();
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null || seen.has(node)) return;
    seen.add(node);
    const { $ref, properties } = node as { $ref?: string; properties?: Schema };
    if ($ref !== undefined) walk(document.components.schemas[$ref.split('/').at(-1) ?? '']);
    if (properties !== undefined) found.push(new Set(Object.keys(properties)));
    for (const [name, value] of Object.entries(node))
      if (name !== 'example' && name !== 'examples') walk(value);
  };
  for (const path of Object.values(document.paths))
    for (const operation of Object.values(path)) walk(operation.responses);
  return found;
}

/** Interfaces and literal types of two fields and more, all of which one answer has. */
function repeated(source: string, answers: readonly ReadonlySet<string>[]): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isInterfaceDeclaration(node) || ts.isTypeLiteralNode(node)) {
      const fields = node.members.flatMap(({ name }) => (name && ts.isIdentifier(name) ? [name.text] : []));
      const isAnswer = fields.length > 1 && answers.some((answer) => fields.every((one) => answer.has(one)));
      if (isAnswer) found.push(fields.join(', '));
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true));
  return found;
}

/** What has the fields of an answer and is none. */
const NONE: Readonly<Record<string, string>> = {
  'api.ts: items, next': 'any list of the API',
  'context.ts: name, description, example': 'how a verb is called',
  'secrets/encryptionKeys.ts: subject, result': 'an entry that is written',
  'shell/commandTable.ts: name, description, value': 'a command or an option of the shell',
};

describe('the command line', () => {
  const answers = answeredFields();

  it('takes the types of what the API answers from its document, and repeats none of them', () => {
    const found = readdirSync(path.join(ROOT, 'src/cli'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => repeated(read(`src/cli/${file}`), answers).map((fields) => `${file}: ${fields}`));
    expect([...new Set(found)].sort()).toEqual(Object.keys(NONE));
  });

  it.each([
    ['interface', 'interface Lane { readonly id: string; readonly key: string; readonly waiting: number }'],
    ['literal', "const set = await api.get<{ state: string; workflowId: string | null }>('/x');"],
  ])('is found when it repeats one as an %s', (_, source) => {
    expect(repeated(source, answers)).toHaveLength(1);
    expect(repeated('interface ListOptions { portal?: string; limit: number }', answers)).toEqual([]);
  });
});
