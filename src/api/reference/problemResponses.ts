import { groupedBy } from '../../domain/groupedBy.js';
import type { ZodOpenApiResponseObject } from 'zod-openapi';
import { ERRORS, type ErrorCode } from '../../platform/errors.js';
import type { OperationDescription } from '../http/operation.js';
import { problemSchema } from './problemSchema.js';

/** What every operation that needs a key may be refused for. */
const ALWAYS: readonly ErrorCode[] = [
  'invalid_input',
  'unauthorized',
  'too_many_requests',
  'internal',
  'unavailable',
];
const WITH_BODY: readonly ErrorCode[] = ['request_timeout', 'body_too_large', 'unsupported_media_type'];
/** What people's browsers get in place of JSON. */
export const PAGE = { 'text/html': { schema: { type: 'string' } } } as const;

export type ProblemResponses = (operation: OperationDescription) => Record<string, ZodOpenApiResponseObject>;

/**
 * What an operation may be refused for, by status. Operations that may be refused for the same share one component of
 * the document, which is named after the problem's type, or after all types that the status may mean there.
 */
export function problemResponses(): ProblemResponses {
  const known = new Map<string, ZodOpenApiResponseObject>();
  const shared = (codes: readonly ErrorCode[], page: boolean) => {
    const id = `${codes.map(pascalCase).join('Or')}${page ? 'Page' : ''}`;
    const response = known.get(id) ?? responseOf(id, codes, page);
    known.set(id, response);
    return response;
  };
  return (operation) =>
    Object.fromEntries(
      [...codesByStatus(operation)].map(([status, codes]) => [
        String(status),
        shared(codes, operation.page ?? false),
      ]),
    );
}

function codesByStatus({
  errors,
  scopes,
  input,
  idempotent,
}: OperationDescription): Map<number, ErrorCode[]> {
  const usual = [
    ...ALWAYS,
    ...(scopes === 'every' ? [] : (['forbidden'] as const)),
    ...(input.body ? WITH_BODY : []),
    ...(idempotent ? (['idempotency_conflict'] as const) : []),
  ];
  const may = new Set<ErrorCode>([...(scopes === 'none' ? [] : usual), ...errors]);
  // In the order of the table, so that the same types have the same name wherever they stand.
  const codes = (Object.keys(ERRORS) as ErrorCode[]).filter((some) => may.has(some));
  return groupedBy(codes, (code): number => ERRORS[code].status);
}

/** With an example of each type. */
function responseOf(id: string, codes: readonly ErrorCode[], page: boolean): ZodOpenApiResponseObject {
  return {
    id,
    description: codes.map((code) => ERRORS[code].title).join('; '),
    content: {
      'application/problem+json': {
        schema: problemSchema,
        examples: Object.fromEntries(codes.map((code) => [code, { value: exampleProblem(code) }])),
      },
      ...(page && PAGE),
    },
  };
}

function exampleProblem(code: ErrorCode) {
  const { status, title, class: kind } = ERRORS[code];
  return { type: `urn:sluice:${code}`, title, status, class: kind, detail: title };
}

const pascalCase = (code: string) =>
  code.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
