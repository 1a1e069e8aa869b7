import { OPERATIONS } from '../../src/api/operations.js';
import { problemSchema } from '../../src/api/reference/problemSchema.js';

interface Answered {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly contentType: string | null;
  readonly text: string;
}

/**
 * Fails for an answer that is not as the document describes it: answers of operations are looked at when they are
 * sent, those of routes with code of their own here. What no operation describes is let through.
 */
export function expectDescribed({ method, url, status, contentType, text }: Answered): void {
  const operation = OPERATIONS.find(
    (one) => one.method === method.toLowerCase() && patternOf(one.path).test(new URL(url).pathname),
  );
  if (!operation) return;
  const answer = operation.answers[status];
  const type = contentType?.split(';')[0];
  const what = `${operation.id} answers ${status} as ${type}`;
  if (type === 'application/problem+json') {
    const { type: problem } = problemSchema.parse(JSON.parse(text));
    if (!operation.errors.some((code) => problem === `urn:sluice:${code}`))
      throw new Error(`${what}, and ${problem} is not described`);
  } else if (type === 'text/html' && operation.page) return;
  else if (!answer) throw new Error(`${what}, which is not described`);
  else if (answer.body && type === (answer.mediaType ?? 'application/json'))
    answer.body.parse(type === 'application/json' ? JSON.parse(text) : text);
  else if (answer.body) throw new Error(`${what}, which is another type than it is described`);
}

const patternOf = (path: string) =>
  new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}$`);
