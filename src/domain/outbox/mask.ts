/*
 * Personal data out of what is logged or kept as a message. By the name of the key, and by the shape of the value;
 * when in doubt, masked.
 */

const PERSONAL_KEY =
  /(e_?mail|phone|mobile|fax|(^|_)(first|last|full|middle|nick|contact|company|deal)_?name$|^name$|address|street|(^|_)(zip|postal|city|birth|dob|iban|vat|ssn|passport|license|licence|gender|salutation|jobtitle|notes?|body|subject|message|description|comment)|_(body|subject)$|password|secret|token)/i;
/** Names of things, not of people. */
const HARMLESS_KEY =
  /^(eventName|eventTypeName|idProperty|propertyName|objectType|objectWriteTraceId|operator)$/;

const EMAIL = /[^\s"'<>(),:;=[\]{}|\\/]+@[^\s"'<>(),:;=[\]{}|\\/]+/gu;
/**
 * Seven digits or more, grouped as people write them. Record ids and times are not: those are digits without any sign
 * between.
 */
const PHONE =
  /(?<![\w.:-])(\+\d[\d\s().-]{6,}\d|\(?\d{2,4}\)?[\s.-]\d{2,4}[\s.-]\d[\d\s.-]{2,}\d|0\d{8,14})(?![\w:-])/g;
const ISO_TIME = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:?\d{2})?)?$/;
/** What is between quotation marks in a message is what somebody typed. */
const QUOTED = /"(?:[^"\\]|\\.)*"|“[^”]*”/g;

/** A text with mail addresses and phone numbers replaced. */
export function maskText(text: string): string {
  if (ISO_TIME.test(text)) return text;
  return text.replace(EMAIL, '[email]').replace(PHONE, '[phone]');
}

/** HubSpot's words without the values that they quote: safe to store and to log. */
export function maskMessage(text: string): string {
  return maskText(
    text.replace(QUOTED, (quoted) =>
      /^"[A-Z_a-z0-9.]{1,40}"$/.test(quoted) && isWord(quoted) ? quoted : '"…"',
    ),
  );
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
