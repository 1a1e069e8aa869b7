import { isRecord } from '../../platform/isRecord.js';
import { invalid } from '../errors.js';

const OPERATORS = [
  ...['EQ', 'NEQ', 'LT', 'LTE', 'GT', 'GTE', 'BETWEEN', 'IN', 'NOT_IN'],
  ...['HAS_PROPERTY', 'NOT_HAS_PROPERTY', 'CONTAINS_TOKEN', 'NOT_CONTAINS_TOKEN'],
] as const;
const WITHOUT_VALUE = new Set(['HAS_PROPERTY', 'NOT_HAS_PROPERTY']);
const WITH_VALUES = new Set(['IN', 'NOT_IN']);

const MAX_BODY_LENGTH = 3_000;
const MAX_GROUPS = 5;
const MAX_IN_A_GROUP = 6;
const MAX_FILTERS = 18;
const MAX_PER_PAGE = 200;
const MAX_RESULTS = 10_000;

export interface Filter {
  propertyName: string;
  operator: string;
  value: string;
  highValue: string;
  values: readonly string[];
}

export interface SearchRequest {
  groups: readonly (readonly Filter[])[];
  query: string;
  sort: { name: string; descending: boolean } | undefined;
  properties: readonly string[] | undefined;
  limit: number;
  after: number;
}

/** `length` is that of the body as it was sent, in characters. Limits: docs/hubspot.md#search. */
export function readSearch(body: unknown, length: number): SearchRequest {
  if (!isRecord(body)) throw invalid('Invalid input JSON: the body must be an object.');
  if (length > MAX_BODY_LENGTH) {
    throw invalid(`The request body has ${length} characters; at most ${MAX_BODY_LENGTH} are allowed.`);
  }
  const limit = body['limit'] ?? 10;
  if (!Number.isInteger(limit) || Number(limit) < 0 || Number(limit) > MAX_PER_PAGE) {
    throw invalid(`Invalid limit: at most ${MAX_PER_PAGE} results per page.`);
  }
  const after = readAfter(body['after']);
  if (after + Number(limit) > MAX_RESULTS) {
    throw invalid(`Search queries are limited to ${MAX_RESULTS} total results.`);
  }
  const query = body['query'] ?? '';
  if (typeof query !== 'string') throw invalid('Invalid input JSON: query must be a text.');
  return {
    groups: readGroups(body),
    query,
    sort: readSort(body['sorts']),
    properties: readNames(body['properties']),
    limit: Number(limit),
    after,
  };
}

function readAfter(after: unknown): number {
  if (after === undefined || after === null || after === '') return 0;
  const text = typeof after === 'number' ? String(after) : after;
  if (typeof text === 'string' && /^\d{1,9}$/.test(text)) return Number(text);
  throw invalid('Invalid after: the paging cursor of a search is an integer.');
}

function readGroups(body: Record<string, unknown>): Filter[][] {
  const given = body['filterGroups'] ?? (body['filters'] === undefined ? [] : [{ filters: body['filters'] }]);
  if (!Array.isArray(given)) throw invalid('Invalid input JSON: filterGroups must be a list.');
  if (given.length > MAX_GROUPS) throw invalid(`At most ${MAX_GROUPS} filterGroups are allowed.`);
  const groups = given.map((group: unknown) => {
    const filters = isRecord(group) ? group['filters'] : undefined;
    if (!Array.isArray(filters)) throw invalid('Invalid input JSON: each filterGroup has filters.');
    if (filters.length > MAX_IN_A_GROUP) {
      throw invalid(`At most ${MAX_IN_A_GROUP} filters are allowed in a filterGroup.`);
    }
    return filters.map(readFilter);
  });
  const total = groups.reduce((sum, filters) => sum + filters.length, 0);
  if (total > MAX_FILTERS) throw invalid(`At most ${MAX_FILTERS} filters are allowed in total.`);
  return groups;
}

function readFilter(filter: unknown): Filter {
  if (!isRecord(filter)) throw invalid('Invalid input JSON: a filter must be an object.');
  const { propertyName, operator, value, highValue, values } = filter;
  if (typeof propertyName !== 'string') throw invalid('A filter needs a propertyName.');
  if (typeof operator !== 'string' || !(OPERATORS as readonly string[]).includes(operator)) {
    throw invalid(`${String(operator)} is no operator; there are ${OPERATORS.join(', ')}.`);
  }
  const read = { propertyName, operator, value: text(value), highValue: text(highValue), values: [] };
  if (WITHOUT_VALUE.has(operator)) return read;
  if (WITH_VALUES.has(operator)) {
    if (!Array.isArray(values) || values.length === 0) throw invalid(`${operator} needs values.`);
    return { ...read, values: values.map(text) };
  }
  if (read.value === '') throw invalid(`${operator} on ${propertyName} needs a value.`);
  if (operator === 'BETWEEN' && read.highValue === '') throw invalid('BETWEEN needs a highValue.');
  return read;
}

/** At most one sort, as `{propertyName, direction}` or in short as `-createdate`. */
function readSort(sorts: unknown): SearchRequest['sort'] {
  if (sorts === undefined || sorts === null) return undefined;
  if (!Array.isArray(sorts)) throw invalid('Invalid input JSON: sorts must be a list.');
  if (sorts.length > 1) throw invalid('Only one sort is allowed.');
  const [sort] = sorts as unknown[];
  if (sort === undefined) return undefined;
  if (typeof sort === 'string') return { name: sort.replace(/^-/, ''), descending: sort.startsWith('-') };
  if (!isRecord(sort) || typeof sort['propertyName'] !== 'string') {
    throw invalid('A sort needs a propertyName.');
  }
  return { name: sort['propertyName'], descending: sort['direction'] === 'DESCENDING' };
}

function readNames(names: unknown): string[] | undefined {
  if (names === undefined || names === null) return undefined;
  if (!Array.isArray(names)) throw invalid('Invalid input JSON: properties must be a list.');
  const read = names.map(text).filter((name) => name !== '');
  return read.length === 0 ? undefined : read;
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : '';
}
