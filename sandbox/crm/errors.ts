import type { Answer } from '../platform/answer.js';
import { failure } from '../hubspot/errors.js';

export interface Detail {
  message: string;
  code?: string;
  in?: string;
  context?: Record<string, string[]>;
}

export interface Failure {
  status: number;
  category: string;
  message: string;
  subCategory?: string;
  errors?: Detail[];
  context?: Record<string, string[]>;
}

/** The refusal of a request, answered as a whole or as the error of a row in a batch. */
export class CrmError extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

export function answerOf({ status, category, message, ...extra }: Failure): Answer {
  return failure(status, category, message, extra);
}

export type RowError = ReturnType<typeof rowError>;

/** An error of a 207: fields that are optional elsewhere are there, and its context says which row it is about. */
export function rowError(error: CrmError, context: Record<string, string[]>) {
  const { category, message, errors = [], subCategory } = error.failure;
  return {
    status: 'error',
    category,
    ...(subCategory !== undefined && { subCategory }),
    message,
    context: { ...error.failure.context, ...context },
    errors,
    links: {},
  };
}

export const invalid = (message: string, errors?: Detail[]): CrmError =>
  new CrmError({ status: 400, category: 'VALIDATION_ERROR', message, ...(errors && { errors }) });

export const notFound = (message = 'resource not found'): CrmError =>
  new CrmError({ status: 404, category: 'OBJECT_NOT_FOUND', message });

/** HubSpot fails by itself on some requests that it should refuse. */
export const broken = (message = 'internal error'): CrmError =>
  new CrmError({ status: 500, category: 'INTERNAL_ERROR', message });

export const conflict = (message: string): CrmError =>
  new CrmError({ status: 409, category: 'CONFLICT', message });

export interface PropertyProblem {
  name: string;
  code: string;
  message: string;
}

/** As HubSpot does, the message contains JSON; `errors` says the same (docs/hubspot.md#errors-and-status-codes). */
export function invalidProperties(problems: readonly PropertyProblem[], portalId: number): CrmError {
  const inMessage = problems.map(({ name, code, message }) => ({
    isValid: false,
    message,
    error: code,
    name,
    localizedErrorMessage: message,
    portalId,
  }));
  return invalid(
    `Property values were not valid: ${JSON.stringify(inMessage)}`,
    problems.map(({ name, code, message }) => ({
      message,
      code,
      in: name,
      context: { propertyName: [name] },
    })),
  );
}
