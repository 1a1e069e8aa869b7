import { types } from 'node:util';
import { AppError, ERRORS, type ErrorCode } from '../platform/errors.js';
import { ConfigError } from '../platform/config/config.js';

/** An error as a program reads it (RFC 9457): what the API said, or the same form for what went wrong here. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly class?: string;
  readonly detail: string;
  readonly status?: number;
  /** As in the answer's header: the log of the API has the request under it. */
  readonly requestId?: string;
  readonly [more: string]: unknown;
}

/** What a person reads in one line: what happened, and what to do. */
export class CliError extends Error {
  override readonly name = 'CliError';

  constructor(
    message: string,
    /** 1: refused or failed. 2: the command was not understood. */
    readonly exitCode: 1 | 2 = 1,
    /** What it is for a program: the API's own words, or one of its kinds of errors. */
    readonly is: Problem | ErrorCode = exitCode === 2 ? 'invalid_input' : 'conflict',
  ) {
    super(message);
  }
}

/** What the API answered, where it was the API that refused. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof CliError && typeof error.is !== 'string' ? error.is.status : undefined;
}

/** What `--json` prints of a failure, on standard error. */
export function problemOf(error: unknown): Problem {
  if (error instanceof CliError && typeof error.is !== 'string') return error.is;
  const code = codeOf(error);
  const { title, class: kind } = ERRORS[code];
  return { type: `urn:sluice:${code}`, title, class: kind, detail: describeFailure(error) };
}

function codeOf(error: unknown): ErrorCode {
  if (error instanceof CliError && typeof error.is === 'string') return error.is;
  if (error instanceof AppError) return error.code;
  if (error instanceof ConfigError) return 'invalid_input';
  return types.isNativeError(error) && 'code' in error && String(error.code) in DATABASE_ADVICE
    ? 'unavailable'
    : 'internal';
}

/** What the command line knows to say of a failure of the database, by its SQLSTATE or the code of the network. */
const DATABASE_ADVICE: Readonly<Record<string, (message: string) => string>> = {
  ECONNREFUSED: unreachable,
  ECONNRESET: unreachable,
  ENOTFOUND: unreachable,
  EAI_AGAIN: unreachable,
  ETIMEDOUT: unreachable,
  EHOSTUNREACH: unreachable,
  '28000': refused,
  '28P01': refused,
  '3D000': refused,
  '42501': (message) =>
    `The database does not allow this: ${message}. DATABASE_ADMIN_URL must name the owner of the tables, which \`npm run migrate\` uses`,
  '42P01': notMigrated,
  '42703': notMigrated,
  '42883': notMigrated,
  '22023': notMigrated, // SET ROLE of a role that migrations make
  '57014': (message) =>
    `The database took too long: ${message}. Run it again when there is less load, or end what it waits for (pg_stat_activity)`,
};

/** A failure in words, never as a stack: what happened, and where it is known, what to do. */
export function describeFailure(error: unknown): string {
  if (error instanceof ConfigError || error instanceof CliError || error instanceof AppError)
    return error.message;
  // Not instanceof: errors of Node's own network code are of another realm in some hosts.
  if (!types.isNativeError(error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const message = error.message === '' ? error.name : error.message;
  const advice = DATABASE_ADVICE[code];
  if (advice) return advice(code.startsWith('E') ? code : message);
  const cause = types.isNativeError(error.cause) ? ` (${error.cause.message})` : '';
  return `${error.name === 'Error' || code !== '' ? 'It failed' : `It failed unexpectedly (${error.name})`}: ${message}${cause}`;
}

/** 2: the command or its environment was not understood; 1: refused or failed. */
export function exitCodeOf(error: unknown): 1 | 2 {
  if (error instanceof CliError) return error.exitCode;
  return error instanceof ConfigError ? 2 : 1;
}

function unreachable(code: string): string {
  return `Cannot reach the database (${code}): check DATABASE_URL and DATABASE_ADMIN_URL, and that Postgres runs`;
}

function refused(message: string): string {
  return `The database refused: ${message}. Check DATABASE_URL and DATABASE_ADMIN_URL`;
}

function notMigrated(message: string): string {
  return `The database is not that of this version: ${message}. Run \`npm run migrate\`, and check DATABASE_ADMIN_URL`;
}
