import { groupedBy } from '../../../domain/groupedBy.js';
import type { Outcome } from '../../../hubspot/wire/outcomes.js';
import type { BatchTask } from './batchTask.js';
import { isFinal, type Failure } from './failure.js';
import type { Item } from './rows.js';

/** The failure of a task, with what it says of custom events where the task was to send them. */
export function withCustomEvent(task: BatchTask, outcome: Outcome, failure: Failure): Failure {
  if (!sendsCustomEvents(task)) return failure;
  switch (outcome.kind) {
    case 'invalid':
    case 'notFound':
    case 'forbidden':
      return { ...failure, customEvent: 'refused' };
    case 'unavailable':
      return outcome.effect === 'possible' ? perhapsTaken(failure) : failure;
    case 'unknown':
      return perhapsTaken(failure);
    default:
      return failure;
  }
}

/** The failure of one row of an answer that took others. */
export function withCustomEventOf({ row, perhapsTaken: before }: Item, failure: Failure): Failure {
  if (row.operation.op !== 'customEvent') return failure;
  if (before) return perhapsTaken(failure);
  if (failure.customEvent !== undefined || failure.class === 'rate') return failure;
  return isFinal(failure) ? { ...failure, customEvent: 'refusedAlone' } : perhapsTaken(failure);
}

export function perhapsTaken(failure: Failure): Failure {
  return { ...failure, customEvent: 'perhapsTaken' };
}

export function sendsCustomEvents(task: BatchTask): boolean {
  return task.do === 'send' && task.items.every(({ row }) => row.operation.op === 'customEvent');
}

/** The items of a task by the names of their custom events: HubSpot's 404 is about one of the names. */
export function byEventName(items: readonly Item[]): Item[][] {
  const nameOf = ({ row: { operation } }: Item) => (operation.op === 'customEvent' ? operation.name : '');
  return [...groupedBy(items, nameOf).values()];
}
