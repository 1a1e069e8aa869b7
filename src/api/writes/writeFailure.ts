import { AppError, type ErrorCode, type FieldProblem } from '../../platform/errors.js';
import type { Failure } from '../../services/outbox/delivery/failure.js';
import { saysAbsent } from '../../services/outbox/delivery/afterLookUp.js';

/** What a write that did not take place is answered with. */
export interface WriteProblem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly fields: readonly FieldProblem[];
  readonly retryAfterMs: number | undefined;
}

const SOON_MS = 1000;

/** `path`: where the record stands in the body, such as `records.3.`. */
export function problemOf(failure: Failure, path = ''): WriteProblem {
  const { properties = [], said, retryAfterMs } = failure;
  const at = properties.map((name) => ({
    path: `${path}properties.${name}`,
    message: said ?? 'is refused by HubSpot',
  }));
  const problem = (code: ErrorCode, message: string, wait?: number): WriteProblem => ({
    ...{ code, message, fields: code === 'invalid_input' ? at : [] },
    retryAfterMs: wait,
  });
  switch (failure.class) {
    case 'rate':
      if (failure.unsent !== undefined && failure.unsent !== 'budget')
        return problem('unavailable', failure.message, retryAfterMs ?? SOON_MS);
      return problem('too_many_requests', failure.message, retryAfterMs ?? SOON_MS);
    case 'transient':
    case 'locked':
    case 'migrating':
      return problem('unavailable', failure.message, retryAfterMs ?? SOON_MS);
    case 'unknown':
      return problem(
        'unavailable',
        `${failure.message}. Ask for the record before you send it again`,
        SOON_MS,
      );
    case 'unclear':
      return problem(
        'unavailable',
        failure.mayBeDone === true
          ? `${failure.message}. Ask for the record before you send it again`
          : failure.message,
        retryAfterMs ?? SOON_MS,
      );
    case 'auth':
    case 'conflict':
      return problem('conflict', failure.message);
    case 'permanent':
      if (saysAbsent(failure.category) || (failure.status === 404 && failure.category === undefined))
        return problem('not_found', 'HubSpot has no such record');
      if (failure.status === 403) return problem('conflict', refusal(failure));
      if (failure.status === 409 || failure.category === 'CONFLICT')
        return problem('conflict', refusal(failure));
      return failure.category === undefined && said === undefined
        ? problem('not_found', 'HubSpot has no such record')
        : problem('invalid_input', refusal(failure));
    case 'poison':
      return problem('internal', failure.message);
  }
}

/** HubSpot's own words; what it says of the outbox's events is for those. */
function refusal({ said = '', category, code, existingId }: Failure): string {
  const what = [category, code].filter((part) => part !== undefined).join(', ');
  const which = existingId === undefined ? '' : ` The record that has it is ${existingId}.`;
  return `HubSpot refuses it (${what || 'it does not say why'}): ${said}${which}`;
}

export function errorOf(failure: Failure): AppError {
  const { code, message, fields, retryAfterMs } = problemOf(failure);
  return new AppError(code, message, { fields, ...(retryAfterMs !== undefined && { retryAfterMs }) });
}
