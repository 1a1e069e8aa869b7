import type { RowError } from '../../../hubspot/wire/outcomes.js';
import { addressesOf, textOf, type AnsweredRecord } from './answeredRecord.js';
import { failureOfRow, type Failure } from './failure.js';
import { isAddress, type Wanted } from './recordCache.js';

export interface LookedUp {
  /** Found, proved absent, or passed over. */
  readonly known: readonly Wanted[];
  /**
   * Those of them that HubSpot leaves out without a word. Enough to try to make one, which HubSpot refuses where it is
   * there; not enough to say that nothing can be changed.
   */
  readonly passedOver: readonly Wanted[];
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
  const valueOf = ({ target }: Wanted) => target.by.value.toLowerCase();
  const named = (error: RowError, one: Wanted) => error.ids.some((id) => id.toLowerCase() === valueOf(one));
  const isNamed = (error: RowError) => wanted.some((one) => named(error, one));
  const isFound = (one: Wanted) =>
    records.some((record) => textOf(record, one.target.by.property)?.toLowerCase() === valueOf(one)) ||
    (isAddress(one.target) && records.some((record) => addressesOf(record).includes(valueOf(one))));
  const isAbsent = (one: Wanted) => errors.some((error) => saysAbsent(error.category) && named(error, one));
  // One that names no record may be about any that the answer does not show.
  const unnamed = others.find((error) => !isNamed(error));
  const restIsAbsent = errors.some((error) => saysAbsent(error.category) && !isNamed(error));
  const unknown: { wanted: Wanted; failure: Failure }[] = [];
  const passedOver: Wanted[] = [];
  for (const one of wanted) {
    if (isFound(one) || isAbsent(one)) continue;
    const error = others.find((each) => named(each, one)) ?? unnamed;
    if (error) unknown.push({ wanted: one, failure: failureOfRow(error) });
    else if (!restIsAbsent) passedOver.push(one);
  }
  const out = new Set(unknown.map((each) => each.wanted));
  return { known: wanted.filter((one) => !out.has(one)), passedOver, unknown };
}

/** HubSpot's word that there is no such record. */
export function saysAbsent(category: string | undefined): boolean {
  return category?.endsWith('NOT_FOUND') ?? false;
}
