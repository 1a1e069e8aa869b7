import {
  createDocument,
  type oas31,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
} from 'zod-openapi';
import { ERRORS, type ErrorCode } from '../../platform/errors.js';
import { VERSION } from '../../platform/version.js';
import type { AnswerSchema, OperationDescription } from '../http/operation.js';
import { TAGS } from '../http/tags.js';
import { problemSchema } from './problemSchema.js';

export type OpenApiDocument = ReturnType<typeof createDocument>;

const DESCRIPTION =
  'The durable layer between HubSpot and your systems. Send `Authorization: Bearer slc_…`; `npm run setup` makes the first key. Every error is `application/problem+json`.';

/** What every operation that needs a key may be refused for. */
const ALWAYS: readonly ErrorCode[] = [
  'invalid_input',
  'unauthorized',
  'too_many_requests',
  'internal',
  'unavailable',
];
const WITH_BODY: readonly ErrorCode[] = ['request_timeout', 'body_too_large', 'unsupported_media_type'];
/** Of what only redirects; the usual rules want to be told what is answered when all is well. */
const ONLY_THESE = { default: { description: 'No other status is answered' } } as const;
/** What people's browsers get in place of JSON. */
const PAGE = { 'text/html': { schema: { type: 'string' } } } as const;

/** The operations as an OpenAPI 3.1 document. */
export function openApiDocument(operations: readonly OperationDescription[]): OpenApiDocument {
  const paths: ZodOpenApiPathsObject = {};
  for (const operation of operations)
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describe(operation) };
  const document = createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Sluice',
      version: VERSION,
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'Where this document comes from' }],
    tags: Object.entries(TAGS).map(([name, words]) => ({ name, description: words })),
    security: [{ apiKey: [] }],
    paths,
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key of a workspace: `slc_…`' },
      },
    },
  });
  leaveFiltersEmpty(document);
  return document;
}

/** A page on which operations are tried fills in examples: a list would be filtered by them. */
function leaveFiltersEmpty({ paths = {}, components }: OpenApiDocument): void {
  const operations = Object.values(paths).flatMap((path) => Object.values(path ?? {}) as unknown[]);
  for (const operation of operations)
    for (const parameter of (operation as oas31.OperationObject).parameters ?? []) {
      if (!('in' in parameter) || parameter.in !== 'query' || parameter.required || !parameter.schema)
        continue;
      const { schema } = parameter;
      const name = '$ref' in schema ? schema.$ref?.split('/').at(-1) : undefined;
      const copy = { ...(name === undefined ? schema : components?.schemas?.[name]) } as oas31.SchemaObject;
      delete copy.example;
      parameter.schema = copy;
    }
}

function describe(operation: OperationDescription): ZodOpenApiOperationObject {
  const { id, tag, summary, description, scopes, input, example } = operation;
  const needs =
    scopes === 'every' || scopes === 'none' ? [] : [`Needs a key with the scope ${scopes.join(' or ')}.`];
  const words = [...(description === undefined ? [] : [description]), ...needs].join('\n\n');
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(words !== '' && { description: words }),
    ...(scopes === 'none' && { security: [] }),
    requestParams: {
      ...(input.params && { path: input.params }),
      ...(input.query && { query: input.query }),
      ...(input.headers && { header: input.headers }),
    },
    ...(input.body && {
      requestBody: {
        required: true,
        content: {
          [operation.bodyType ?? 'application/json']: { schema: input.body, example: example?.body },
        },
      },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(operation.answers).map(([status, answer]) => [status, answerOf(answer, operation)]),
      ),
      ...problemsOf(operation),
      ...(Object.keys(operation.answers).every((status) => !status.startsWith('2')) && ONLY_THESE),
    },
  };
}

function answerOf(
  { description, headers, body, mediaType = 'application/json', example }: AnswerSchema,
  { page }: OperationDescription,
) {
  return {
    description,
    ...(headers && { headers: headersOf(headers) }),
    ...(body && { content: { [mediaType]: { schema: body, example }, ...(page && PAGE) } }),
  };
}

function headersOf(headers: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [
      name,
      { description, schema: { type: 'string' as const } },
    ]),
  );
}

/** By status, each with an example of each type. */
function problemsOf({ errors, scopes, input, page }: OperationDescription) {
  const usual = [
    ...ALWAYS,
    ...(scopes === 'every' ? [] : (['forbidden'] as const)),
    ...(input.body ? WITH_BODY : []),
  ];
  const codes = new Set<ErrorCode>([...(scopes === 'none' ? [] : usual), ...errors]);
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { status } = ERRORS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, some]) => [
      String(status),
      {
        description: some.map((code) => ERRORS[code].title).join('; '),
        content: {
          'application/problem+json': {
            schema: problemSchema,
            examples: Object.fromEntries(some.map((code) => [code, { value: exampleProblem(code) }])),
          },
          ...(page && PAGE),
        },
      },
    ]),
  );
}

function exampleProblem(code: ErrorCode) {
  const { status, title } = ERRORS[code];
  return { type: `urn:sluice:${code}`, title, status, detail: title };
}
