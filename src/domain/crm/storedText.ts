/*
 * Text as Postgres can keep it. HubSpot's values may hold a NUL, which no text and no jsonb of Postgres takes, or half
 * of a surrogate pair, which jsonb refuses. Such a character is written as ESCAPE and its code, and ESCAPE itself too,
 * so that what is read is what HubSpot had: `readText(storeText(text)) === text`, for every text.
 */

/** Of the private use area: nobody means anything by it. */
const ESCAPE = '\uE000';
// In a pattern with the flag u a surrogate matches only where it has no other half.
const CANNOT_BE_KEPT = /[\0\uD800-\uDFFF\uE000]/gu;
const ESCAPED = /\uE000([0-9a-f]{4})/g;

/** The text in a form that Postgres keeps. */
export function storeText(text: string): string {
  return text.replace(CANNOT_BE_KEPT, (one) => ESCAPE + one.charCodeAt(0).toString(16).padStart(4, '0'));
}

/** The text that was stored. */
export function readText(stored: string): string {
  return stored.replace(ESCAPED, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}
