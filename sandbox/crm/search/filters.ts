import type { Property } from '../propertyDefinitions.js';
import { broken, invalid } from '../errors.js';
import { instant } from '../values.js';
import type { Filter } from './searchRequest.js';

/** Whether a value of the filter's property matches. */
export type Fits = (value: string | undefined) => boolean;

/**
 * A filter on one property, compiled. Texts are compared without regard to case, except options of enumerations. `IN`
 * takes its texts as they are, so that one with a capital never matches (docs/hubspot.md#search).
 */
export function compileFilter(property: Property, filter: Filter): Fits {
  const { operator } = filter;
  switch (operator) {
    case 'HAS_PROPERTY':
      return (value) => value !== undefined;
    case 'NOT_HAS_PROPERTY':
      return (value) => value === undefined;
    case 'CONTAINS_TOKEN':
      return containsToken(filter.value);
    case 'NOT_CONTAINS_TOKEN': {
      const contains = containsToken(filter.value);
      return (value) => !contains(value);
    }
    case 'IN':
      return isIn(property, filter.values);
    case 'NOT_IN': {
      const contains = isIn(property, filter.values);
      return (value) => !contains(value);
    }
    default:
      return compares(property, filter);
  }
}

function compares(property: Property, { operator, value: wanted, highValue }: Filter): Fits {
  const key = comparable(property);
  const low = wantedKey(property, wanted);
  if (low === undefined) {
    throw invalid(`${wanted} cannot be compared with ${property.name}, which is of type ${property.type}.`);
  }
  if (operator === 'EQ' || operator === 'NEQ') {
    const isEqual = anyOf(property, (value) => key(value) === low);
    return operator === 'EQ' ? isEqual : (value) => !isEqual(value);
  }
  const high = operator === 'BETWEEN' ? wantedKey(property, highValue) : low;
  if (high === undefined) throw invalid(`${highValue} cannot be compared with ${property.name}.`);
  return (value) => {
    const own = value === undefined ? undefined : key(value);
    if (own === undefined) return false;
    switch (operator) {
      case 'LT':
        return own < low;
      case 'LTE':
        return own <= low;
      case 'GT':
        return own > low;
      case 'GTE':
        return own >= low;
      default:
        return own >= low && own <= high;
    }
  };
}

/** The key by which values are ordered; undefined for a value that is not of the property's type. */
export function comparable(property: Property): (value: string) => number | string | undefined {
  switch (property.type) {
    case 'number':
      return (value) => {
        const number = Number(value);
        return value.trim() === '' || Number.isNaN(number) ? undefined : number;
      };
    case 'date':
    case 'datetime':
      return (value) => instant(/^\d{4}-\d\d-\d\d$/.test(value) ? `${value}T00:00:00Z` : value);
    case 'enumeration':
      return (value) => value;
    case 'bool':
    case 'string':
    case 'phone_number':
      return (value) => value.toLowerCase();
  }
}

/**
 * The key of a value that a filter asks for. Times are milliseconds since 1970 and nothing else; 1970 itself makes
 * HubSpot fail (docs/hubspot.md#search).
 */
function wantedKey(property: Property, wanted: string): number | string | undefined {
  const isTime = property.type === 'date' || property.type === 'datetime';
  if (isTime && /^0+$/.test(wanted)) throw broken();
  if (isTime && !/^-?\d+$/.test(wanted)) return undefined;
  return comparable(property)(wanted);
}

function isIn(property: Property, values: readonly string[]): Fits {
  const isText = property.type === 'string' || property.type === 'phone_number';
  const key = isText ? (value: string) => value.toLowerCase() : comparable(property);
  const wanted = new Set(isText ? values : values.map((value) => wantedKey(property, value)));
  if (wanted.has(undefined)) {
    throw invalid(`${values.join(', ')} cannot be compared with ${property.name}, of type ${property.type}.`);
  }
  return anyOf(property, (value) => wanted.has(key(value)));
}

/** A multiple choice matches by any of its options. */
function anyOf({ type, fieldType }: Property, isTrue: (value: string) => boolean): Fits {
  if (type === 'enumeration' && fieldType === 'checkbox') {
    return (value) => value !== undefined && value.split(';').some(isTrue);
  }
  return (value) => value !== undefined && isTrue(value);
}

/** Matches whole words; `*` stands for the rest of a word. */
function containsToken(wanted: string): Fits {
  const patterns = words(wanted.toLowerCase(), /[^\p{L}\p{N}*]+/u).map(
    (word) => new RegExp(`^${word.replaceAll('*', '.*')}$`, 'u'),
  );
  return (value) => {
    if (value === undefined || patterns.length === 0) return false;
    const own = words(value.toLowerCase(), /[^\p{L}\p{N}]+/u);
    return patterns.every((pattern) => own.some((word) => pattern.test(word)));
  };
}

function words(text: string, separator: RegExp): string[] {
  return text.split(separator).filter((word) => word !== '');
}
