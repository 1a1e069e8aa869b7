import { COMPARED_CHARACTERS, comparedNumber, PROPERTY_NAME, type ValueKind } from './declaredProperty.js';
import { storeText } from './storedText.js';

/*
 * What records of a type are asked for: conditions on the values of declared properties, and an order. A condition is
 * written `property:operator:value`; `any` (it has a value) and `none` (it has none) take no value.
 */

export const OPERATORS = ['eq', 'prefix', 'gt', 'gte', 'lt', 'lte', 'any', 'none'] as const;
export type Operator = (typeof OPERATORS)[number];

export interface Condition {
  readonly property: string;
  readonly operator: Operator;
  readonly value: string;
}

/** Undefined: this is no condition. */
export function readCondition(text: string): Condition | undefined {
  const [, property = '', operator, , value = ''] = /^([^:]*):([a-z]+)(:([^]*))?$/.exec(text) ?? [];
  const known = OPERATORS.find((one) => one === operator);
  if (!known || !PROPERTY_NAME.test(property)) return undefined;
  const isAlone = known === 'any' || known === 'none';
  if (isAlone !== (value === '')) return undefined;
  return { property, operator: known, value };
}

/** A condition by what is compared: the text as it is stored, or a number's digits. */
export interface Compared extends Condition {
  readonly kind: ValueKind;
}

/** In words what is wrong with it, where something is. */
export function comparedBy(kind: ValueKind, condition: Condition): Compared | string {
  const { property, operator, value } = condition;
  if (operator === 'any' || operator === 'none') return { ...condition, kind };
  if (kind === 'text') {
    const stored = storeText(value);
    const isLong = [...stored].length >= COMPARED_CHARACTERS;
    if (isLong && operator !== 'eq')
      return `${property} is compared by its first ${COMPARED_CHARACTERS - 1} characters, and this has more`;
    return { ...condition, kind, value: stored };
  }
  if (operator === 'prefix') return `${property} is declared as a ${kind}, and prefix is for text`;
  const number = comparedNumber(kind, value);
  if (number !== undefined) return { ...condition, kind, value: number };
  return kind === 'number'
    ? `${property} is declared as a number, and '${value.slice(0, 50)}' is none`
    : `${property} is declared as a date, and '${value.slice(0, 50)}' is none: write 2027-01-31, 2027-01-31T09:30:00Z or milliseconds`;
}

/** The least text that is greater than all that begin so, by the numbers of characters; undefined: there is none. */
export function behindPrefix(prefix: string): string | undefined {
  const characters = [...prefix].map((one) => one.codePointAt(0) ?? 0);
  while (characters.length > 0) {
    const last = characters.pop() ?? 0;
    if (last >= 0x10ffff) continue;
    // Halves of surrogate pairs are no characters.
    characters.push(last === 0xd7ff ? 0xe000 : last + 1);
    return String.fromCodePoint(...characters);
  }
  return undefined;
}

/**
 * A place in records that are found or sorted by a property: behind this key and id. Null: among those that have none,
 * which come last.
 */
export interface RecordPlace {
  readonly key: string | null;
  readonly id: string;
}

export function writePlace({ key, id }: RecordPlace): string {
  return Buffer.from(JSON.stringify(key === null ? [id] : [id, key])).toString('base64url');
}

const ID = /^(?:0|[1-9]\d{0,18})$/;

/** Undefined: this is none. */
export function readPlace(text: string): RecordPlace | undefined {
  let written: unknown;
  try {
    written = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return undefined; // not written by us
  }
  if (!Array.isArray(written) || written.length > 2) return undefined;
  const [id, key = null] = written as unknown[];
  if (typeof id !== 'string' || !ID.test(id) || BigInt(id) >= 2n ** 63n) return undefined;
  if (key === null) return { key, id };
  if (typeof key !== 'string' || !isKept(key)) return undefined;
  return { key, id };
}

/** What Postgres has given can be given back; a NUL or half a surrogate pair is of somebody else's making. */
const isKept = (key: string) => !/[\0\uD800-\uDFFF]/u.test(key);
