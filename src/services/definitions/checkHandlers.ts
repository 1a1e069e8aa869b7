import { CHANGE_ACTIONS } from '../../domain/crm/change.js';
import { CONSUMER_NAME, MOST_HANDLERS } from '../../domain/crm/consumer.js';
import type { ChangeHandler } from '../../sdk/client/changeHandler.js';
import { wasDefined } from '../../sdk/place.js';
import { lineOfField, placeOf, type DefinitionProblem } from './place.js';

const FIELDS = ['consumer', 'wants', 'timeoutMs', 'handle'];
const WANTS = ['portalIds', 'objectTypes', 'actions', 'initial'];
const MOST_NAMED = 100;
const TIMEOUT_MS = { least: 1000, most: 120_000 };

/** What is wrong with the handlers of the feed that a config lists. */
export function problemsOfHandlers(
  on: readonly unknown[],
  listedAt: DefinitionProblem['place'],
): DefinitionProblem[] {
  const problems: DefinitionProblem[] = [];
  const names = new Set<string>();
  if (on.length > MOST_HANDLERS)
    problems.push({ place: listedAt, message: `on has ${MOST_HANDLERS} handlers at most` });
  on.forEach((handler, n) => {
    if (!wasDefined(handler)) {
      problems.push({ place: listedAt, message: `on[${n}] is not made by onChange` });
      return;
    }
    const place = placeOf(handler);
    for (const { field, message } of problemsOfHandler(handler))
      problems.push({ place: lineOfField(place, field), message });
    const { consumer } = handler as ChangeHandler;
    if (names.has(consumer))
      problems.push({
        place: lineOfField(place, 'consumer'),
        message: `there are two handlers of the consumer ${consumer}: its place in the feed is that of one`,
      });
    names.add(consumer);
  });
  return problems;
}

interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

function problemsOfHandler(handler: object): FieldProblem[] {
  const { consumer, wants, timeoutMs, handle }: Record<string, unknown> = { ...handler };
  const problems = Object.keys(handler)
    .filter((field) => !FIELDS.includes(field))
    .map((field) => ({ field, message: `a handler has no ${field}; it has ${FIELDS.join(', ')}` }));
  if (typeof consumer !== 'string' || !CONSUMER_NAME.test(consumer))
    problems.push({
      field: 'consumer',
      message: `${JSON.stringify(consumer)} cannot be the name of a consumer: small letters, digits, - and _, at most 63, a letter first`,
    });
  if (typeof handle !== 'function') problems.push({ field: 'handle', message: 'handle must be a function' });
  if (timeoutMs !== undefined && !isWithin(timeoutMs, TIMEOUT_MS.least, TIMEOUT_MS.most))
    problems.push({
      field: 'timeoutMs',
      message: `timeoutMs must be a whole number from ${TIMEOUT_MS.least} to ${TIMEOUT_MS.most}`,
    });
  if (wants !== undefined) problems.push(...problemsOfWants(wants));
  return problems;
}

function problemsOfWants(wants: unknown): FieldProblem[] {
  if (typeof wants !== 'object' || wants === null)
    return [{ field: 'wants', message: `wants says which changes: ${WANTS.join(', ')}` }];
  const { portalIds, objectTypes, actions, initial }: Record<string, unknown> = { ...wants };
  const problems = Object.keys(wants)
    .filter((field) => !WANTS.includes(field))
    .map((field) => ({ field, message: `wants has no ${field}; it has ${WANTS.join(', ')}` }));
  const lists = [
    [
      'portalIds',
      portalIds,
      (one: unknown) => isWithin(one, 1, Number.MAX_SAFE_INTEGER),
      'numbers of portals',
    ],
    ['objectTypes', objectTypes, isType, 'types of records, such as contacts'],
    ['actions', actions, isAction, `of ${CHANGE_ACTIONS.join(', ')}`],
  ] as const;
  for (const [field, list, is, what] of lists)
    if (
      list !== undefined &&
      !(Array.isArray(list) && list.length > 0 && list.length <= MOST_NAMED && list.every(is))
    )
      problems.push({ field, message: `${field} must be a list of 1 to ${MOST_NAMED}: ${what}` });
  if (initial !== undefined && typeof initial !== 'boolean')
    problems.push({ field: 'initial', message: 'initial must be true or false' });
  return problems;
}

const isType = (one: unknown) => typeof one === 'string' && one !== '' && one.length <= 200;
const isAction = (one: unknown) => CHANGE_ACTIONS.some((action) => action === one);
const isWithin = (value: unknown, least: number, most: number) =>
  Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
