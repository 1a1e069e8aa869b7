import type { z } from 'zod';

/*
 * What a schema says of what does not fit, in the words of our own messages: `must be …`, after the name of the field.
 * Given to each parse whose words people read; what a schema says itself goes first.
 */

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  bigint: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  date: 'a time',
  null: 'null',
};

const FORMATS: Readonly<Record<string, string>> = {
  email: 'an e-mail address',
  url: 'a URL',
  uuid: 'an id of the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx',
  datetime: 'a time such as 2027-01-01T00:00:00Z',
  date: 'a day such as 2027-01-31',
  time: 'a time of the day such as 12:30:00',
  ipv4: 'an IPv4 address',
  ipv6: 'an IPv6 address',
  base64: 'base64',
};

const COUNTED: Readonly<Record<string, string>> = {
  string: 'character',
  array: 'item',
  set: 'item',
  map: 'entry',
  record: 'entry',
};

/** Zod's error map. */
export const inPlainWords: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `must be ${KINDS[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return bound(issue.origin, issue.minimum, issue.inclusive === false ? 'more than' : 'at least');
    case 'too_big':
      return bound(issue.origin, issue.maximum, issue.inclusive === false ? 'less than' : 'at most');
    case 'invalid_format':
      return ofFormat(issue);
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'unrecognized_keys':
      return `has no field ${issue.keys.map((key) => `"${key}"`).join(', ')}`;
    case 'invalid_union':
      return 'has none of the forms that it may have';
    default:
      return 'is not valid';
  }
};

function bound(origin: string, limit: number | bigint, how: string): string {
  const unit = COUNTED[origin];
  if (unit === undefined) return `must be ${how} ${limit}`;
  if (how === 'at least' && limit === 1) return 'must not be empty';
  const plural = unit === 'entry' ? 'entries' : `${unit}s`;
  return `must have ${how} ${limit} ${limit === 1 ? unit : plural}`;
}

function ofFormat(issue: Extract<z.core.$ZodRawIssue, { code: 'invalid_format' }>): string {
  if (issue.format === 'starts_with') return `must begin with "${String(issue.prefix)}"`;
  if (issue.format === 'ends_with') return `must end with "${String(issue.suffix)}"`;
  const format = FORMATS[issue.format];
  return format === undefined ? 'has not the form that it must have' : `must be ${format}`;
}
