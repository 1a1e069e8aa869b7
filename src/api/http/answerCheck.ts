import { z } from 'zod';
import type { Config } from '../../platform/config/config.js';
import { AppError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import type { OperationDescription } from './operation.js';

/** Looks at an answer before it is sent. */
export type AnswerCheck = (operation: OperationDescription, status: number, text: string) => void;

/**
 * Whether answers are what their schemas say. In tests one that is not fails its request, in development it is logged;
 * in production nothing is looked at, and every answer is sent.
 */
export function answerCheck(config: Pick<Config, 'NODE_ENV'>, logger: Logger): AnswerCheck {
  if (config.NODE_ENV === 'production') return () => undefined;
  return (operation, status, text) => {
    const problem = problemOf(operation, status, text);
    if (problem === undefined) return;
    const message = `${operation.id} answers ${status} otherwise than it is described: ${problem}`;
    if (config.NODE_ENV === 'test') throw new AppError('internal', message);
    logger.error(message);
  };
}

function problemOf({ answers }: OperationDescription, status: number, text: string): string | undefined {
  const answer = answers[status];
  if (!answer) return 'there is no such status';
  if (!answer.body) return 'it has no body';
  const parsed = answer.body.safeParse(JSON.parse(text));
  return parsed.success ? undefined : z.prettifyError(parsed.error);
}
