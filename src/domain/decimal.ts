/*
 * Numbers as the digits of their text, of any length: HubSpot's values are text, and a double keeps some 15 digits of
 * a number only.
 */

/** What is written out: no number that somebody means is longer, and an exponent must not cost memory. */
const MAX_DIGITS = 1000;
const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,6}))?$/;

/** A number in plain digits, `-12.5`: without an exponent or zeros that say nothing. Undefined for what is none. */
export function plainDecimal(text: string): string | undefined {
  const [, sign, whole = '', fraction = '', exponent = '0'] = NUMBER.exec(text) ?? [];
  if (sign === undefined || whole + fraction === '') return undefined;
  const shift = Number(exponent);
  if (Math.abs(shift) > MAX_DIGITS || whole.length + fraction.length > MAX_DIGITS) return undefined;
  const moved = shifted(whole, fraction, shift);
  const before = moved.whole.replace(/^0+(?=\d)/, '');
  const after = withoutEndingZeros(moved.fraction);
  const digits = after === '' ? before : `${before}.${after}`;
  return sign === '-' && digits !== '0' ? `-${digits}` : digits;
}

/** A number of JavaScript in plain digits: never `1e+21`. */
export function textOfNumber(value: number): string {
  return plainDecimal(String(value)) ?? String(value);
}

/** Adds a whole number to a decimal text, digit by digit; undefined where the text is no number. */
export function addToDecimal(text: string, delta: number): string | undefined {
  const plain = plainDecimal(text);
  if (plain === undefined) return undefined;
  const [whole = '0', fraction = ''] = plain.split('.');
  const sum = BigInt(whole + fraction) + BigInt(delta) * 10n ** BigInt(fraction.length);
  const digits = String(sum < 0n ? -sum : sum).padStart(fraction.length + 1, '0');
  const point = digits.length - fraction.length;
  return plainDecimal(`${sum < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`);
}

function shifted(whole: string, fraction: string, by: number): { whole: string; fraction: string } {
  const digits = whole + fraction;
  const point = whole.length + by;
  if (point <= 0) return { whole: '0', fraction: '0'.repeat(-point) + digits };
  return { whole: digits.slice(0, point).padEnd(point, '0'), fraction: digits.slice(point) };
}

function withoutEndingZeros(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === '0') end -= 1;
  return text.slice(0, end);
}
