import { addressesOf, textOf, type AnsweredRecord } from './answeredRecord.js';
import type { Failure } from './failure.js';
import type { RecordRow } from './requestBuilders.js';
import { isSameValue } from './sameValue.js';

/*
 * One person, several identities: a write by one key is refused because a record with another key has its address. A
 * form made the contact before the application numbered it; or the address is a further one of a contact.
 */

/** Whether HubSpot refuses a write because another record has a value that only one may have. */
export function isTaken({ category, code, status }: Failure): boolean {
  return (
    status === 409 ||
    category === 'CONFLICT' ||
    category === 'OBJECT_ALREADY_EXISTS' ||
    code === 'CONFLICTING_UNIQUE_VALUE'
  );
}

/**
 * Whether the record that stands in the way is the one that the row means: it has the row's key, or it has none and
 * the value that only one record may have is the row's. One with another key may be another person.
 */
export function isMeant(row: RecordRow, record: AnsweredRecord, { properties = [] }: Failure): boolean {
  const { target, properties: written } = row.operation;
  if (!target || !('by' in target)) return false;
  const { property, value } = target.by;
  const addresses = addressesOf(record);
  if (hasKeyOf(row, record)) return true;
  const own = textOf(record, property)?.trim() ?? '';
  if (own !== '') return own === value;
  const address = written['email']?.trim().toLowerCase();
  if (address !== undefined && addresses.includes(address)) return true;
  return properties.some((name) => {
    const wanted = written[name] ?? '';
    return wanted !== '' && isSameValue(textOf(record, name) ?? '', wanted);
  });
}

/** Whether the record has the row's own key already; an address of a contact is a key of it. */
export function hasKeyOf(row: RecordRow, record: AnsweredRecord): boolean {
  const { target } = row.operation;
  if (!target || !('by' in target)) return false;
  const { property, value } = target.by;
  return property === 'email'
    ? addressesOf(record).includes(value.toLowerCase())
    : textOf(record, property)?.trim() === value;
}

/**
 * What is written to a contact that was found by an address: a further one that it has stays one. Written as the first
 * it would take that one's place.
 */
export function keepingAddresses(
  found: string | undefined,
  record: AnsweredRecord | undefined,
  properties: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const { email, ...others } = properties;
  if (found === undefined || email === undefined) return properties;
  const known = [found, ...(record ? addressesOf(record) : [])];
  return known.includes(email.trim().toLowerCase()) ? others : properties;
}

/** What is written to a record that was found under another key: the row's own key goes with it. */
export function adopted(
  row: RecordRow,
  record: AnsweredRecord,
  properties: Readonly<Record<string, string>>,
): Record<string, string> {
  const { target } = row.operation;
  const { email, ...others } = properties;
  const isKnown = email === undefined || addressesOf(record).includes(email.trim().toLowerCase());
  const own =
    target && 'by' in target && target.by.property !== 'email'
      ? { [target.by.property]: target.by.value }
      : {};
  // A further address is the contact's already; written as its first one it would take that one's place.
  return { ...others, ...(isKnown ? {} : { email }), ...own };
}
