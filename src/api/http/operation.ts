import type { z } from 'zod';
import type { ApiKey, Scope } from '../../db/workspaces/apiKeys.js';
import type { RequestId } from '../../db/workspaces/answeredRequests.js';
import type { ErrorCode, FieldProblem } from '../../platform/errors.js';
import type { Tag } from './tags.js';

/*
 * An operation of the API as data: what it is called, takes, answers and may be refused for stands beside what it
 * does. The routes, the OpenAPI document, its page and the client's types are made of it. `run` knows no HTTP server:
 * whoever has a caller may run it.
 */

/** Who asks. */
export interface Caller {
  readonly workspaceId: string;
  readonly key: ApiKey;
  /** As the audit chain names them. */
  readonly actor: string;
  /** Their request came with an Idempotency-Key: what it does is done in `answerOnce`. */
  readonly once?: RequestOnce;
  /** The same where they sent no key: under one of ours, which the answer names as `Idempotency-Key`. */
  readonly onceAnyway?: () => Promise<RequestOnce>;
  /** Aborted when they have gone; made when it is asked for, since few wait so long that they look. */
  readonly gone?: () => AbortSignal;
}

/** A request that may come again, and is answered then as it was. */
export interface RequestOnce extends RequestId {
  /** Theirs, or ours. */
  readonly key: string;
  /** Seals its answer; needs no connection. */
  readonly seal: (text: string) => string;
}

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

export interface InputSchemas {
  /** Of the path. What is not valid there names nothing: it is answered like what does not exist. */
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** By their names in lower case; those that it does not name are nobody's concern. */
  readonly headers?: z.ZodObject;
  readonly body?: z.ZodType;
}

/** What came in, by its schemas. */
export interface Input<Schemas extends InputSchemas> {
  readonly params: Parsed<Schemas['params']>;
  readonly query: Parsed<Schemas['query']>;
  readonly headers: Parsed<Schemas['headers']>;
  readonly body: Parsed<Schemas['body']>;
}
type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

export interface AnswerSchema {
  readonly description: string;
  /** Without it the answer has no body. Times are ISO 8601 text; a Date in what `run` returns becomes one. */
  readonly body?: z.ZodType;
  /** Of the body: JSON, unless this says otherwise. */
  readonly mediaType?: string;
  /** Those that matter to who asked, by their names in lower case, and what they say. */
  readonly headers?: Readonly<Record<string, string>>;
  /** With which `body` is valid. */
  readonly example?: unknown;
}
export type AnswerSchemas = Readonly<Record<number, AnswerSchema>>;

/** A value that is this once it has been written as JSON. */
export type Written<T> = T extends string
  ? T | Date
  : T extends readonly (infer Item)[]
    ? readonly Written<Item>[]
    : T extends object
      ? { readonly [Name in keyof T]: Written<T[Name]> }
      : T;

export type Answer<Schemas extends AnswerSchemas> = {
  [Status in keyof Schemas]: {
    readonly status: Status;
    readonly headers?: Readonly<Record<string, string>>;
  } & BodyOf<Schemas[Status]>;
}[keyof Schemas];
type BodyOf<Schema> = Schema extends { readonly body: infer Body extends z.ZodType }
  ? { readonly body: Written<z.output<Body>> }
  : { readonly body?: undefined };

/** What an operation is, apart from what it does: a route with code of its own is described by this alone. */
export interface OperationDescription {
  /** In the document, and the name of the client's method: `listLanes`. */
  readonly id: string;
  readonly method: Method;
  /** From the root, as OpenAPI writes it: `/api/lanes/{id}`. */
  readonly path: string;
  /** The key needs one of these; `every` key may. */
  readonly scopes: readonly [Scope, ...Scope[]] | 'every' | 'none';
  readonly tag: Tag;
  /** One line. */
  readonly summary: string;
  /** What else its callers should know. */
  readonly description?: string;
  /** What its path names, for the words when there is no such thing: `lane`. */
  readonly resource?: string;
  readonly input: InputSchemas;
  /** Of the body that is taken: JSON, unless this says otherwise. */
  readonly bodyType?: string;
  readonly answers: AnswerSchemas;
  /** Who does not ask for JSON gets a page in place of each body, that of a problem too. */
  readonly page?: boolean;
  /**
   * It makes something, in `answerOnce`: with an `Idempotency-Key` once, and a repeat gets the same answer. `named`: it
   * keeps its requests itself, and without a key it gets one of ours, which its answer names.
   */
  readonly idempotent?: true | 'named';
  /** Beside those that every operation with a key may be refused for. */
  readonly errors: readonly ErrorCode[];
  readonly exampleParams?: Readonly<Record<string, string>>;
  /** Of the input. */
  readonly example?: {
    readonly query?: Readonly<Record<string, string>>;
    readonly body?: unknown;
  };
}

export interface Operation<Deps = never> extends OperationDescription {
  /** Throws what keeps this caller out, where the scopes do not say it all: before the body is read. */
  admits?(caller: Caller, params: never): void;
  run(deps: Deps, caller: Caller, input: never): Promise<Answer<AnswerSchemas>>;
  /** What else is wrong with a body that its schema refuses, so that all of it is answered at once. */
  alsoWrong?(deps: Deps, caller: Caller, input: BodyAsSent): Promise<readonly FieldProblem[]>;
}

/** A body as it came, of which nothing is known. */
export interface BodyAsSent {
  readonly query: unknown;
  readonly body: unknown;
}

/** An operation: `run` gets what the schemas made of the input, and answers one of `answers`, or throws an AppError. */
export function defineOperation<
  const Schemas extends InputSchemas,
  const Answers extends AnswerSchemas,
  Deps,
>(
  operation: Omit<OperationDescription, 'input' | 'answers'> & {
    readonly input: Schemas;
    readonly answers: Answers;
    admits?(caller: Caller, params: Input<Schemas>['params']): void;
    run(deps: Deps, caller: Caller, input: Input<Schemas>): Promise<Answer<Answers>>;
    alsoWrong?(deps: Deps, caller: Caller, input: BodyAsSent): Promise<readonly FieldProblem[]>;
  },
): Operation<Deps> {
  return operation as unknown as Operation<Deps>;
}
