import { isAddress } from '../outbox/address.js';
import { readTime } from '../outbox/times.js';
import { plainDecimal, textOfNumber } from '../decimal.js';
import type { ExactNumber } from '../exactJson.js';
import type { WritableProperty } from './definitions.js';
import { noOption, optionOf, taken } from './optionOf.js';

/** As requests have it; null and an empty text clear the property. */
export type Given = string | number | boolean | null | ExactNumber | readonly string[];

export type ReadValue = { readonly value: string; readonly note?: string } | { readonly problem: string };

/** Makes E.164 of a phone number; undefined for what is none. */
export type ReadPhone = (text: string) => string | undefined;

export interface ValueRules {
  readonly readPhone: ReadPhone;
  /** Whether one that cannot be read is refused; else it is kept as it was given, and said. */
  readonly refusePhones: boolean;
}

/** HubSpot's own. */
export const LONGEST_VALUE = 65_536;
const CONTROLS = /\p{Cc}/u;
const PHONES = new Set(['phone', 'mobilephone']);

/** A value as HubSpot takes it, by what the portal says of its property. */
export function givenValue(property: WritableProperty, given: Given, rules: ValueRules): ReadValue {
  if (isList(given) && !isMultiple(property)) return { problem: 'must be one value and not a list' };
  const text = textOf(given);
  if (text.length > LONGEST_VALUE)
    return { problem: `must have ${LONGEST_VALUE.toLocaleString('en-US')} characters at most` };
  if (text.trim() === '') return { value: '' };
  switch (property.type) {
    case 'number':
      return numberOf(text);
    case 'bool':
      return booleanOf(text);
    case 'date':
    case 'datetime':
      return timeOf(property.type, text);
    case 'enumeration':
      return chosen(property, isList(given) ? given : text);
    default:
      if (property.name === 'email') return addressOf(text);
      if (PHONES.has(property.name) || property.type === 'phone_number') return phoneOf(text, rules);
      return { value: text };
  }
}

function isList(given: Given): given is readonly string[] {
  return Array.isArray(given);
}

function isMultiple({ type, fieldType }: WritableProperty): boolean {
  return type === 'enumeration' && fieldType === 'checkbox';
}

function textOf(given: Given): string {
  if (given === null) return '';
  if (typeof given === 'number') return textOfNumber(given);
  return isList(given) ? given.join(';') : String(given);
}

function numberOf(text: string): ReadValue {
  const value = plainDecimal(text.trim());
  return value === undefined ? { problem: 'must be a number such as 1200 or -12.50' } : { value };
}

function booleanOf(text: string): ReadValue {
  const value = text.trim().toLowerCase();
  return value === 'true' || value === 'false' ? { value } : { problem: 'must be true or false' };
}

/** A day stays the day that was written; a moment is one everywhere. */
function timeOf(type: 'date' | 'datetime', text: string): ReadValue {
  const read = readTime(text);
  if (read.ok) return { value: type === 'date' ? read.day : new Date(read.ms).toISOString() };
  const example = type === 'date' ? '2027-01-31' : '2027-01-31T12:00:00Z, with its zone';
  return { problem: `must be a time such as ${example}, or milliseconds since 1970` };
}

function addressOf(text: string): ReadValue {
  return isAddress(text) && !CONTROLS.test(text)
    ? { value: text.trim().toLowerCase() }
    : { problem: 'must be an e-mail address such as anna@example.com' };
}

function phoneOf(text: string, { readPhone, refusePhones }: ValueRules): ReadValue {
  const value = readPhone(text);
  if (value !== undefined) return { value };
  return refusePhones
    ? { problem: 'must be a phone number, with its country such as +49 30 1234567' }
    : { value: text, note: 'cannot be read as a phone number, and was kept as it was given' };
}

/** Several values stand with semicolons between them; one before them adds them to those that the record has. */
function chosen(property: WritableProperty, given: string | readonly string[]): ReadValue {
  const { options } = property;
  const multiple = isMultiple(property);
  const words = typeof given !== 'string' ? given : multiple ? given.split(';') : [given];
  if (options.length === 0) return { value: words.join(';') };
  const values: string[] = [];
  const notes: string[] = [];
  const problems: string[] = [];
  for (const word of words.filter((one) => one.trim() !== '')) {
    const found = optionOf(word, options);
    if ('candidates' in found) problems.push(noOption(word, found, options));
    else values.push(found.option.value);
    if ('option' in found && found.guessed) notes.push(taken(word, found.option));
  }
  if (problems.length > 0) return { problem: problems.join('; ') };
  const adds = multiple && typeof given === 'string' && given.startsWith(';') ? ';' : '';
  return {
    value: adds + [...new Set(values)].join(';'),
    ...(notes.length > 0 && { note: notes.join('; ') }),
  };
}
