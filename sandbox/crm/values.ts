import type { Property } from './propertyDefinitions.js';

/** A value in the form in which it is kept, or the reason why it is refused. An empty text clears the property. */
export type ReadValue = { ok: true; value: string } | { ok: false; code: string; message: string };

const MAX_LENGTH = 65_536;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const EMAIL = /^[^\s@<>(),;:"[\]\\]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z][a-z0-9-]+$/i;
/** HubSpot refuses addresses of domains that there are not: those that people write for `.com`. */
const NO_DOMAINS = new Set(['con', 'cmo', 'ocm', 'vom', 'xom', 'comm', 'coom', 'coim']);
const DAY = /^\d{4}-\d\d-\d\d$/;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)$/;
const DAY_MS = 86_400_000;

/** Checks a value by its property's type, and converts it into the form in which HubSpot answers it. */
export function readValue(property: Property, sent: unknown): ReadValue {
  if (sent === null || sent === '') return kept('');
  if (typeof sent !== 'string' && typeof sent !== 'number' && typeof sent !== 'boolean') {
    return no('INVALID_STRING', `${property.name} must be a text`);
  }
  const text = String(sent);
  if (text.length > MAX_LENGTH)
    return no('PROPERTY_VALUE_TOO_LONG', `${property.name} exceeds ${MAX_LENGTH} characters`);
  switch (property.type) {
    case 'number':
      return NUMBER.test(text.trim())
        ? kept(text.trim())
        : no('INVALID_INTEGER', `${text} was not a valid number.`);
    case 'bool':
      return isBoolean(text)
        ? kept(text.toLowerCase())
        : no('INVALID_OPTION', `${text} was not one of the allowed options: [true, false]`);
    case 'enumeration':
      return readOption(property, text);
    case 'date':
      return readDay(text);
    case 'datetime':
      return readMoment(text);
    case 'string':
    case 'phone_number':
      return property.name === 'email' && property.hubspotDefined ? readEmail(text) : kept(text);
  }
}

/** A value that begins with `;` is added to a multiple choice. */
export function mergeChoices(property: Property, old: string | undefined, value: string): string {
  if (property.fieldType !== 'checkbox' || property.type !== 'enumeration' || !value.startsWith(';'))
    return value;
  return [...new Set([...(old ?? '').split(';'), ...value.split(';')])].filter((one) => one !== '').join(';');
}

function isBoolean(text: string): boolean {
  return /^(?:true|false)$/i.test(text);
}

function readOption(property: Property, text: string): ReadValue {
  if (property.externalOptions && property.options.length === 0) return kept(text);
  const isMultiple = property.fieldType === 'checkbox';
  const chosen = isMultiple ? text.split(';').filter((one) => one !== '') : [text];
  const allowed = property.options.map(({ value }) => value);
  const unknown = chosen.find((one) => !allowed.includes(one));
  if (unknown === undefined) return kept(text);
  return no('INVALID_OPTION', `${unknown} was not one of the allowed options: [${allowed.join(', ')}]`);
}

function readEmail(text: string): ReadValue {
  const trimmed = text.trim().toLowerCase();
  const domain = trimmed.slice(trimmed.lastIndexOf('.') + 1);
  return EMAIL.test(trimmed) && !NO_DOMAINS.has(domain)
    ? kept(trimmed)
    : no('INVALID_EMAIL', `Email address ${text} is invalid`);
}

function readDay(text: string): ReadValue {
  if (DAY.test(text)) {
    return isReal(text) ? kept(text) : no('INVALID_DATE', `${text} was not a valid date.`);
  }
  const atMs = instant(text);
  if (atMs === undefined) return no('INVALID_LONG', `${text} was not a valid long.`);
  const iso = new Date(atMs).toISOString();
  return atMs % DAY_MS === 0
    ? kept(iso.slice(0, 10))
    : no('INVALID_DATE', `${text} is at ${iso.slice(11, 23)} UTC, not midnight!`);
}

function readMoment(text: string): ReadValue {
  const atMs = DAY.test(text) && isReal(text) ? Date.parse(text) : instant(text);
  return atMs === undefined
    ? no('INVALID_LONG', `${text} was not a valid long.`)
    : kept(new Date(atMs).toISOString());
}

const YEAR_0_MS = Date.parse('0000-01-01T00:00:00Z');
const YEAR_9999_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** Reads epoch milliseconds, or ISO 8601 with a zone. */
export function instant(text: string): number | undefined {
  if (/^-?\d+$/.test(text)) {
    const atMs = Number(text);
    return atMs >= YEAR_0_MS && atMs <= YEAR_9999_MS ? atMs : undefined; // years of four digits
  }
  const atMs = MOMENT.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(atMs) ? undefined : atMs;
}

function isReal(day: string): boolean {
  const atMs = Date.parse(day);
  return !Number.isNaN(atMs) && new Date(atMs).toISOString().startsWith(day);
}

function kept(value: string): ReadValue {
  return { ok: true, value };
}

function no(code: string, message: string): ReadValue {
  return { ok: false, code, message };
}
