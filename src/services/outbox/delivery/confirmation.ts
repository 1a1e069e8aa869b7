import type { RowError } from '../../../hubspot/wire/outcomes.js';
import { saysAbsent } from './afterLookUp.js';
import {
  addressesOf,
  associationsRead,
  isUnder,
  recordsOf,
  textOf,
  type AnsweredRecord,
} from './answeredRecord.js';
import { failureOfRow, unknownRow, type Failure } from './failure.js';
import { withValue } from './matchRows.js';
import type { Item } from './rows.js';
import { isSameValue } from './sameValue.js';

/*
 * What became of a write whose answer does not show it: HubSpot is asked for the record, or for the association.
 * Evidence is what it shows; an error or silence is neither success nor absence.
 */

export type Confirmation =
  /** It is there as it was written. */
  | { readonly state: 'written'; readonly id: string }
  /** There is such a record, with other values. */
  | { readonly state: 'other'; readonly id: string }
  /** HubSpot says that it is not there. */
  | { readonly state: 'absent' }
  | { readonly state: 'unknown'; readonly failure: Failure };

export function confirmRecord(item: Item, body: unknown, errors: readonly RowError[]): Confirmation {
  const record = recordOf(item, recordsOf(body));
  if (record) {
    const isWritten = Object.entries(item.properties ?? {}).every(([name, value]) =>
      isSameValue(textOf(record, name) ?? '', value),
    );
    return { state: isWritten ? 'written' : 'other', id: record.id };
  }
  return notShown(item.id ?? '', errors);
}

export function confirmLink({ pair }: Item, body: unknown, errors: readonly RowError[]): Confirmation {
  const from = pair?.from.id ?? '';
  const { records, hasUnread } = associationsRead(body);
  const found = records.find((one) => one.from.id === from);
  if (!found) return hasUnread ? UNREAD : notShown(from, errors);
  const other = found.to.find(({ toObjectId }) => toObjectId === pair?.to.id);
  const isLinked =
    other &&
    (pair?.types ?? []).every(({ category, typeId }) =>
      other.associationTypes.some((one) => one?.category === category && one.typeId === typeId),
    );
  if (isLinked) return { state: 'written', id: from };
  return found.isWhole ? { state: 'absent' } : UNREAD;
}

const UNREAD: Confirmation = { state: 'unknown', failure: unknownRow({ harmless: true }) };

function recordOf({ id = '', idProperty }: Item, records: readonly AnsweredRecord[]) {
  if (idProperty === undefined) return records.find((record) => isUnder(record, id));
  const byAddress = (record: AnsweredRecord) => addressesOf(record).includes(id.toLowerCase());
  return (
    withValue(records, { property: idProperty, value: id }) ??
    (idProperty === 'email' ? records.find(byAddress) : undefined)
  );
}

function notShown(id: string, errors: readonly RowError[]): Confirmation {
  const named = errors.find(({ ids }) => ids.some((one) => one.toLowerCase() === id.toLowerCase()));
  const error = named ?? errors.find(({ ids }) => ids.length === 0);
  if (error && saysAbsent(error.category)) return { state: 'absent' };
  return { state: 'unknown', failure: error ? failureOfRow(error) : unknownRow({ harmless: true }) };
}
