import { parseExactJson } from '../exactJson.js';

/*
 * Personal data out of what is logged or kept as a message. By the name of the key, and by the shape of the value;
 * when in doubt, masked.
 */

const PERSONAL_KEY =
  /(e_?mail|phone|mobile|fax|(^|_)(first|last|full|middle|nick|contact|company|deal)_?name$|^name$|address|street|(^|_)(zip|postal|city|birth|dob|iban|vat|ssn|passport|license|licence|gender|salutation|jobtitle|notes?|body|subject|message|description|comment)|_(body|subject)$|password|secret|token)/i;
/** Names of things, not of people. */
const HARMLESS_KEY =
  /^(eventName|eventTypeName|idProperty|propertyName|objectType|objectWriteTraceId|operator)$/;

/*
 * Texts come from outside, so each pattern takes a time that grows with the text and not with its square: no match
 * begins at every character and reads to the end.
 */

/** What may be a mail address: with an @ inside. */
const WORD = /[^\s"'<>(),:;=[\]{}|\\/]+/gu;
/**
 * Seven digits or more, grouped as people write them, in at most some forty characters. Record ids and times are not:
 * those are digits without any sign between.
 */
const PHONE =
  /(?<![\w.:-])(\+\d[\d\s().-]{6,40}\d|\(?\d{2,4}\)?[\s.-]\d{2,4}[\s.-]\d[\d\s.-]{2,40}\d|0\d{8,14})(?![\w:-])/g;
const ISO_TIME = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:?\d{2})?)?$/;
/** What is between quotation marks in a message is what somebody typed; also where the second mark is cut off. */
const QUOTED = /"(?:[^"\\]|\\.)*(?:"|$)|“[^“”]*(?:”|$)/gs;
/** What is logged or kept of one text. */
const MAX_TEXT = 2000;

/** A text with mail addresses and phone numbers replaced. */
export function maskText(text: string): string {
  if (ISO_TIME.test(text)) return text;
  const isCut = text.length > MAX_TEXT;
  const words = text.slice(0, MAX_TEXT).replace(WORD, (word, at: number) => {
    if (isCut && at + word.length === MAX_TEXT) return ''; // half an address is not known as one
    return isAddress(word) ? '[email]' : word;
  });
  return words.replace(PHONE, '[phone]') + (isCut ? '…' : '');
}

function isAddress(word: string): boolean {
  const at = word.indexOf('@', 1);
  return at > 0 && at < word.length - 1;
}

/** HubSpot's words without the values that they quote: safe to store and to log. */
export function maskMessage(text: string): string {
  return maskText(
    summarizeJson(text.slice(0, 2 * MAX_TEXT)).replace(QUOTED, (quoted) =>
      /^"[A-Z_a-z0-9.]{1,40}"$/.test(quoted) && isWord(quoted) ? quoted : '"…"',
    ),
  );
}

/**
 * JSON that HubSpot puts into its words, as what helps of it: its codes, each with the property that it is about. Its
 * other texts quote what somebody wrote.
 */
function summarizeJson(text: string): string {
  const at = text.search(/\[?\{"/);
  if (at < 0) return text;
  const end = Math.max(text.lastIndexOf(']'), text.lastIndexOf('}')) + 1;
  const codes = end > at ? codesOf(text.slice(at, end)) : [];
  return `${text.slice(0, at)}${codes.length === 0 ? '…' : codes.join(', ') + text.slice(end)}`;
}

const MAX_CODES = 5;

function codesOf(json: string): string[] {
  let parsed: unknown;
  try {
    parsed = parseExactJson(json);
  } catch {
    return []; // cut off, or not JSON after all
  }
  const codes = (Array.isArray(parsed) ? parsed : [parsed]).map((one: unknown) => {
    const { error, code = error, name } = (one ?? {}) as Record<string, unknown>;
    if (typeof code !== 'string' || !/^[A-Z][A-Z0-9_]{1,80}$/.test(code)) return undefined;
    return typeof name === 'string' && /^[a-z][a-z0-9_]{0,99}$/.test(name) ? `${code} (${name})` : code;
  });
  return [...new Set(codes.filter((one) => one !== undefined))].slice(0, MAX_CODES);
}

/** Names of properties and codes help; they have an underscore or are all capitals. */
function isWord(quoted: string): boolean {
  return /_/.test(quoted) || /^"[A-Z]+"$/.test(quoted);
}

/**
 * A JSON value with personal data replaced: by key, and by shape in every text. Keys that are mail addresses are
 * masked too.
 */
export function maskValue(value: unknown, personal = false): unknown {
  if (value === null || value === undefined || typeof value === 'boolean') return value;
  if (typeof value === 'string') return personal && value !== '' ? '[masked]' : maskText(value);
  if (typeof value === 'number') return personal ? '[masked]' : value;
  if (Array.isArray(value)) return value.map((entry) => maskValue(entry, personal));
  if (typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value).map(([name, entry]) => [
        maskText(name),
        maskValue(entry, personal || (PERSONAL_KEY.test(name) && !HARMLESS_KEY.test(name))),
      ]),
    );
  }
  return '[masked]';
}
