import type { RowError } from '../../../hubspot/wire/outcomes.js';
import { textOf, type AnsweredRecord } from './answeredRecord.js';
import { failureOfRow, type Failure } from './failure.js';
import type { Wanted } from './recordCache.js';

export interface LookedUp {
  /** Found, or proved absent: HubSpot says so, or leaves them out without an error. */
  readonly known: readonly Wanted[];
  /** An error is no proof of absence. */
  readonly unknown: readonly { readonly wanted: Wanted; readonly failure: Failure }[];
}

/** What a look-up says of each record that was wanted. */
export function afterLookUp(
  wanted: readonly Wanted[],
  records: readonly AnsweredRecord[],
  errors: readonly RowError[],
): LookedUp {
  const others = errors.filter(({ category }) => !saysAbsent(category));
  if (others.length === 0) return { known: wanted, unknown: [] };
  const valueOf = ({ target }: Wanted) => target.by.value.toLowerCase();
  const named = (error: RowError, one: Wanted) => error.ids.some((id) => id.toLowerCase() === valueOf(one));
  const isFound = (one: Wanted) =>
    records.some((record) => textOf(record, one.target.by.property)?.toLowerCase() === valueOf(one));
  const isAbsent = (one: Wanted) => errors.some((error) => saysAbsent(error.category) && named(error, one));
  // One that names no record may be about any that the answer does not show.
  const unnamed = others.find((error) => !wanted.some((one) => named(error, one)));
  const unknown = wanted.flatMap((one) => {
    if (isFound(one) || isAbsent(one)) return [];
    const error = others.find((each) => named(each, one)) ?? unnamed;
    return error ? [{ wanted: one, failure: failureOfRow(error) }] : [];
  });
  const out = new Set(unknown.map((each) => each.wanted));
  return { known: wanted.filter((one) => !out.has(one)), unknown };
}

function saysAbsent(category: string | undefined): boolean {
  return category?.endsWith('NOT_FOUND') ?? false;
}
