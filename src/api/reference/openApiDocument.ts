import {
  createDocument,
  type oas31,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
} from 'zod-openapi';
import { z } from 'zod';
import { VERSION } from '../../platform/version.js';
import type { AnswerSchema, OperationDescription } from '../http/operation.js';
import { IDEMPOTENCY_HEADERS } from '../http/requestOnce.js';
import { TAGS } from '../http/tags.js';
import { PAGE, problemResponses, type ProblemResponses } from './problemResponses.js';

export type OpenApiDocument = ReturnType<typeof createDocument>;

const DESCRIPTION =
  'The durable layer between HubSpot and your systems. Send `Authorization: Bearer slc_…`; `npm run setup` makes the first key. Every error is `application/problem+json`.';

/** Of what only redirects; the usual rules want to be told what is answered when all is well. */
const ONLY_THESE = { default: { description: 'No other status is answered' } } as const;

/** The operations as an OpenAPI 3.1 document. */
export function openApiDocument(operations: readonly OperationDescription[]): OpenApiDocument {
  const paths: ZodOpenApiPathsObject = {};
  const problemsOf = problemResponses();
  for (const operation of operations)
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describe(operation, problemsOf) };
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

function describe(operation: OperationDescription, problemsOf: ProblemResponses): ZodOpenApiOperationObject {
  const { id, tag, summary, description, scopes, input, example, idempotent } = operation;
  const headers = idempotent ? z.object({ ...input.headers?.shape, ...IDEMPOTENCY_HEADERS }) : input.headers;
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
      ...(headers && { header: headers }),
    },
    ...(input.body && {
      requestBody: {
        required: !input.body.safeParse({}).success,
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
