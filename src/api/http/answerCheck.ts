import { z } from 'zod';
import type { Config } from '../../platform/config/config.js';
import { AppError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import type { OperationDescription } from './operation.js';

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string | undefined;
}

type CheckConfig = Pick<Config, 'NODE_ENV'> & Partial<Pick<Config, 'CHECK_ANSWERS'>>;

/** Looks at an answer before it is sent. */
export type AnswerCheck = (operation: OperationDescription, answered: Answered) => void;

/**
 * Whether answers are what their schemas say. In tests one that is not fails its request, otherwise it is logged.
 * In production nothing is looked at unless `CHECK_ANSWERS` says so, and every answer is sent.
 */
export function answerCheck(
  { NODE_ENV, CHECK_ANSWERS = NODE_ENV !== 'production' }: CheckConfig,
  logger: Logger,
): AnswerCheck {
  if (!CHECK_ANSWERS) return () => undefined;
  return (operation, answered) => {
    const problem = problemOf(operation, answered);
    if (problem === undefined) return;
    const message = `${operation.id} answers ${answered.status} otherwise than it is described: ${problem}`;
    if (NODE_ENV === 'test') throw new AppError('internal', message);
    logger.error(message);
  };
}

function problemOf(
  { answers }: OperationDescription,
  { status, headers, text }: Answered,
): string | undefined {
  const answer = answers[status];
  if (!answer) return 'there is no such status';
  const missing = Object.keys(answer.headers ?? {}).filter((name) => headers[name] === undefined);
  if (missing.length > 0) return `it lacks the headers ${missing.join(', ')}`;
  if (text === undefined) return answer.body && 'it has a body';
  if (!answer.body) return 'it has no body';
  const parsed = answer.body.safeParse(JSON.parse(text));
  return parsed.success ? undefined : z.prettifyError(parsed.error);
}
