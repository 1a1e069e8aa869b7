import { ExactNumber, parseExactJson } from '../../domain/exactJson.js';

const MAX_DEPTH = 32;

/** What a call of HubSpot's has in its body: `json` where it can be read, `reason` where it is not to be used. */
export interface SignedBody {
  readonly json: unknown;
  readonly reason: string | undefined;
}

/**
 * Reads the JSON of a signed call. Never throws. Depth, doubled keys and `__proto__` are looked for before the body is
 * used: its signature says who wrote it, not that it was written well.
 */
export function readJson(body: Buffer): SignedBody {
  const raw = body.toString('utf8');
  const shape = measure(raw);
  let json: unknown;
  try {
    json = parseExactJson(raw);
  } catch {
    return { json: undefined, reason: 'The body is not JSON' }; // what the parser says quotes it
  }
  const refuse = (reason: string): SignedBody => ({ json, reason });
  if (shape.depth > MAX_DEPTH) return refuse(`The body is nested deeper than ${MAX_DEPTH} levels`);
  const keys = countKeys(json);
  if (Number.isNaN(keys)) return refuse('The body has a key __proto__');
  if (keys !== shape.keys) return refuse('The body has the same key twice in one object');
  return { json, reason: undefined };
}

const [QUOTE, BACKSLASH, COLON, OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = Array.from(
  '"\\:{}[]',
  (c) => c.charCodeAt(0),
);

/** Depth and number of keys of a JSON text, in one pass and before it is parsed. */
function measure(text: string): { depth: number; keys: number } {
  let depth = 0;
  let deepest = 0;
  let keys = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      for (i += 1; i < text.length && text.charCodeAt(i) !== QUOTE; i += 1) {
        if (text.charCodeAt(i) === BACKSLASH) i += 1;
      }
    } else if (code === COLON) {
      keys += 1;
    } else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
      depth -= 1;
    }
  }
  return { depth: deepest, keys };
}

/** Keys of a parsed value: fewer than in its text where one was written twice. NaN when `__proto__` is among them. */
function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null || value instanceof ExactNumber) return 0;
  if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + countKeys(one), 0);
  if (Object.hasOwn(value, '__proto__')) return NaN;
  let count = 0;
  for (const one of Object.values(value)) count += 1 + countKeys(one);
  return count;
}
