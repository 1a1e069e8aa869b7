import { plainDecimal } from './decimal.js';

/*
 * JSON whose numbers keep their digits. JSON.parse makes a double of every number: of an id such as
 * 750727362669608961 its end is lost, silently and for good. Here a number that a double does not hold comes as its
 * digits; all others come as numbers, so that most JSON is read by JSON.parse alone.
 */

/** A number of JSON that a double does not hold, as the digits that were written. */
export class ExactNumber {
  constructor(readonly digits: string) {}

  /** Without an exponent, where that is short enough to write. */
  toString(): string {
    return plainDecimal(this.digits) ?? this.digits;
  }

  /** Whoever does not know of exact numbers writes their digits as text. */
  toJSON(): string {
    return isWriting ? `${MARK}${this.digits}` : this.toString();
  }
}

/** While `stringifyExactJson` runs, which waits for nothing. */
let isWriting = false;

/** Stands before the digits of a number while the native parser or writer has it as text. Nobody else can know it. */
const MARK = `${globalThis.crypto.randomUUID()}:`;
const BYTE_ORDER_MARK = 0xfeff;
/** Fifteen digits without an exponent are in every double. */
const MAY_BE_LONG = /[\d.]{16}|\d[eE]/;

/** As JSON.parse, which throws for what is no JSON. A mark of the byte order before it says nothing (RFC 8259, 8.1). */
export function parseExactJson(written: string): unknown {
  const text = written.charCodeAt(0) === BYTE_ORDER_MARK ? written.slice(1) : written;
  if (!MAY_BE_LONG.test(text)) return JSON.parse(text) as unknown;
  const marked = marking(text);
  if (marked === undefined) return JSON.parse(text) as unknown;
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === 'string' && value.startsWith(MARK) ? new ExactNumber(value.slice(MARK.length)) : value,
  ) as unknown;
}

/** As JSON.stringify, with the digits of exact numbers as they were. */
export function stringifyExactJson(value: unknown, space?: number): string {
  isWriting = true;
  try {
    const text = JSON.stringify(value, null, space);
    return text.includes(MARK) ? text.replaceAll(MARKED, '$1') : text;
  } finally {
    isWriting = false;
  }
}

const MARKED = new RegExp(`"${MARK}([^"]*)"`, 'g');

/** The text with each number that a double does not hold as a marked text; undefined where there is none. */
function marking(text: string): string | undefined {
  const pieces: string[] = [];
  let kept = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') at = endOfText(text, at);
    else if (character === '-' || isDigit(character)) {
      const end = endOfNumber(text, at);
      const digits = text.slice(at, end);
      // A number in the place of a key is none: the parser refuses it as it stands.
      if (JSON_NUMBER.test(digits) && !isHeld(digits) && !/^\s*:/.test(text.slice(end, end + 20))) {
        pieces.push(text.slice(kept, at), `"${MARK}${digits}"`);
        kept = end;
      }
      at = end - 1;
    }
  }
  return pieces.length === 0 ? undefined : pieces.join('') + text.slice(kept);
}

/** What is no number of JSON is left to the parser, which refuses it. */
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Whether a double gives these digits back. Zeros that say nothing do not count. */
function isHeld(digits: string): boolean {
  const value = Number(digits);
  return Number.isFinite(value) && plainDecimal(digits) === plainDecimal(String(value));
}

function endOfText(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at;
  }
  return text.length;
}

function endOfNumber(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && (isDigit(text[at]) || '+-.eE'.includes(text.charAt(at)))) at += 1;
  return at;
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9';
}
