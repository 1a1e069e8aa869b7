import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { OPERATIONS } from '../../../src/api/operations.js';
import { openApiDocument } from '../../../src/api/reference/openApiDocument.js';
import { ERRORS } from '../../../src/platform/errors.js';
import { openApiYaml } from '../../../src/api/reference/openApiYaml.js';
import { parseMapping } from '../../../src/sdk/outbox/registry/generic.js';
import { read, ROOT } from './documents.js';

const answers = OPERATIONS.flatMap(({ id, answers: all }) =>
  Object.entries(all).flatMap(([status, { body, example }]) =>
    body ? [{ name: `${id} ${status}`, body, example }] : [],
  ),
);
const bodies = OPERATIONS.flatMap(({ id, input: { body }, example }) =>
  body ? [{ name: id, body, example: example?.body }] : [],
);

describe('docs/openapi.yaml', () => {
  it('is what the operations say; `npm run openapi` writes it anew', () => {
    expect(read('docs/openapi.yaml')).toBe(openApiYaml(openApiDocument(OPERATIONS)));
  });

  it('is valid by the recommended rules of Redocly, without an exception', async () => {
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      [
        'node_modules/@redocly/cli/bin/cli.js',
        'lint',
        '--extends=recommended',
        '--max-problems=100',
        'docs/openapi.yaml',
      ],
      { cwd: ROOT, env: { ...process.env, REDOCLY_TELEMETRY: 'off' } },
    );
    // On Node 20 it says in a frame that it will not run there for ever.
    const said = (stdout + stderr).replace(/^ *[╔║╚].*$/gm, '');
    expect(said).toContain('Your API description is valid');
    expect(said).not.toMatch(/warning|error/i);
  }, 60_000);
});

describe('operations', () => {
  it('each have a name, a method and a path of their own', () => {
    const routes = OPERATIONS.map(({ method, path: at }) => `${method} ${at}`);
    expect(new Set(OPERATIONS.map(({ id }) => id)).size).toBe(OPERATIONS.length);
    expect(new Set(routes).size).toBe(OPERATIONS.length);
  });

  it('have a schema for each parameter of their path, and for no other', () => {
    for (const { id, path: at, input } of OPERATIONS)
      expect([id, ...Object.keys(input.params?.shape ?? {}).sort()]).toEqual([
        id,
        ...[...at.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort(),
      ]);
  });

  it('may be refused for problems that stand in the document once, each with an example of each type', () => {
    const { paths = {}, components = {} } = JSON.parse(JSON.stringify(openApiDocument(OPERATIONS))) as {
      paths: Record<string, Record<string, { responses: Record<string, { $ref?: string }> }>>;
      components: { responses?: Record<string, { content: Record<string, { examples?: object }> }> };
    };
    expect(JSON.stringify(paths)).not.toContain('application/problem+json');
    for (const { id, path: at, method, errors } of OPERATIONS)
      for (const code of errors) {
        const name = paths[at]?.[method]?.responses[ERRORS[code].status]?.$ref?.split('/').at(-1);
        const { examples = {} } =
          components.responses?.[name ?? '']?.content['application/problem+json'] ?? {};
        expect([id, code, Object.keys(examples)]).toEqual([id, code, expect.arrayContaining([code])]);
      }
  });

  it('are described to answer 404 where their path names one of something', () => {
    const silent = OPERATIONS.filter(({ path: at, scopes }) => at.includes('{') && scopes !== 'none').filter(
      ({ errors }) => !errors.includes('not_found'),
    );
    expect(silent.map(({ id }) => id)).toEqual([]);
  });

  it('have patterns that any reader of the description understands: no classes of Unicode', () => {
    expect(JSON.stringify(openApiDocument(OPERATIONS))).not.toMatch(/\\\\[pP]\{/);
  });

  it('need a body only where something in it is needed', () => {
    const { paths = {} } = openApiDocument(OPERATIONS);
    const optional = OPERATIONS.filter(({ input }) => input.body?.safeParse({}).success);
    expect(optional.map(({ id }) => id)).toContain('rotateApiKey');
    for (const { path: at, method } of optional)
      expect(paths[at]?.[method]).toMatchObject({ requestBody: { required: false } });
  });

  it.each(answers)('show an answer that is valid: $name', ({ body, example }) => {
    const parsed = body.safeParse(JSON.parse(JSON.stringify(example)));
    expect(parsed.error?.issues ?? []).toEqual([]);
  });

  it('show a mapping that the service takes', () => {
    const { example } = OPERATIONS.find(({ id }) => id === 'setMapping')!;
    expect(parseMapping(example?.body)).toMatchObject({ ok: true });
  });

  it.each(bodies)('show a body that is taken: $name', ({ body, example }) => {
    expect(body.safeParse(example).error?.issues ?? []).toEqual([]);
  });
});
