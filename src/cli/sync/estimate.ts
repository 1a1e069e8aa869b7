import type { Answers } from '../api.js';
import { counted, duration, sheet } from '../output.js';

type Estimate = Answers['SyncEstimate'];

const HOUR_MS = 3_600_000;

/** What a first load would come to, for people. */
export function estimated(one: Estimate): string {
  const { calls, day, properties, scopes } = one;
  return sheet([
    ['portal', String(one.portalId)],
    ['type', one.objectType],
    ['records', `about ${one.records}`],
    ['HubSpot calls', `about ${calls.total}: ${partsOf(calls)}`],
    ['takes', `${duration(Math.max(1000, one.hours * HOUR_MS))} at least, at the portal's rate`],
    ['of the day', day === null ? 'HubSpot does not tell the limit of its day' : ofDay(day)],
    ['properties', `${properties.count}, of them ${properties.calculated} calculated by HubSpot`],
    ['sensitive ones by', scopes.sensitive.join(', ')],
    ['associations', one.associations.join(', ') || 'with none: no other type is mirrored'],
    ['needs the scope', scopes.needed.join(', ')],
    ['which is missing', scopes.missing.join(', ')],
    ['starts', 'nothing: it is a dry run'],
  ]);
}

function partsOf({ lists, values, associations }: Estimate['calls']): string {
  return [
    counted(lists, 'list'),
    ...(values === 0 ? [] : [counted(values, 'batch of values', 'batches of values')]),
    ...(associations === 0 ? [] : [`${associations} for associations`]),
  ].join(', ');
}

function ofDay({ limit, used, share }: NonNullable<Estimate['day']>): string {
  const percent = share * 100;
  const said = percent < 1 ? 'less than 1' : String(Math.round(percent));
  return `${said} % of ${limit} calls, of which ${used} were used`;
}
