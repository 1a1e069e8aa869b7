/*
 * JSON as documents show it: `…` stands for more fields of an object, more items of a list, or a value or an end of
 * one that does not matter.
 */

export type Shown =
  | { readonly kind: 'anything' }
  | { readonly kind: 'scalar'; readonly value: string | number | boolean | null }
  | { readonly kind: 'list'; readonly items: readonly Shown[] }
  | { readonly kind: 'object'; readonly fields: ReadonlyMap<string, Shown>; readonly more: boolean };

/** A body that is sent, or an answer with its status. */
export interface ShownMessage {
  readonly status: number | undefined;
  readonly shown: Shown;
  readonly text: string;
}

/** The messages of a block: bodies, and answers that begin with their status. */
export function readMessages(block: string): ShownMessage[] {
  const messages: ShownMessage[] = [];
  let at = 0;
  const skip = () => {
    while (/\s/.test(block[at] ?? '')) at += 1;
  };

  function value(): Shown {
    skip();
    const from = at;
    const first = block[at];
    if (first === '…') {
      at += 1;
      return { kind: 'anything' };
    }
    if (first === '{') return object();
    if (first === '[') return list();
    const scalar = /^(?:"(?:[^"\\]|\\.)*"|-?[\d.]+(?:e[+-]?\d+)?|true|false|null)/.exec(block.slice(at))?.[0];
    if (scalar === undefined) throw new Error(`This is no JSON: ${block.slice(from, from + 40)}`);
    at += scalar.length;
    return { kind: 'scalar', value: JSON.parse(scalar) as string };
  }

  function object(): Shown {
    const fields = new Map<string, Shown>();
    let more = false;
    at += 1;
    for (;;) {
      skip();
      if (block[at] === '}') break;
      if (block[at] === '…') {
        more = true;
        at += 1;
      } else {
        const name = value();
        if (name.kind !== 'scalar' || typeof name.value !== 'string') throw new Error(`No name: ${block}`);
        skip();
        expectChar(':');
        fields.set(name.value, value());
      }
      skip();
      if (block[at] === ',') at += 1;
    }
    at += 1;
    return { kind: 'object', fields, more };
  }

  function list(): Shown {
    const items: Shown[] = [];
    at += 1;
    for (;;) {
      skip();
      if (block[at] === ']') break;
      items.push(value());
      skip();
      if (block[at] === ',') at += 1;
    }
    at += 1;
    return { kind: 'list', items };
  }

  function expectChar(char: string): void {
    if (block[at] !== char) throw new Error(`Expected ${char} at: ${block.slice(at, at + 40)}`);
    at += 1;
  }

  for (skip(); at < block.length; skip()) {
    const status = /^(\d{3})\s+(?=\{)/.exec(block.slice(at));
    at += status?.[0].length ?? 0;
    const from = at;
    const shown = value();
    messages.push({ status: status ? Number(status[1]) : undefined, shown, text: block.slice(from, at) });
  }
  return messages;
}

/** How a real value differs in its form from what is shown; nothing, if it does not. */
export function differences(shown: Shown, real: unknown, at = ''): string[] {
  if (shown.kind === 'anything') return [];
  const here = at === '' ? 'it' : at;
  // What may be null is shown as either.
  if (real === null || (shown.kind === 'scalar' && shown.value === null)) return [];
  if (shown.kind === 'scalar')
    return typeof real === typeof shown.value
      ? []
      : [`${here} is shown as ${typeof shown.value}, and is ${typeof real}`];
  if (shown.kind === 'list') {
    if (!Array.isArray(real)) return [`${here} is shown as a list, and is ${typeof real}`];
    const [first] = shown.items;
    if (first === undefined || first.kind === 'scalar' || first.kind === 'anything') return [];
    // Lists of exceptions may be empty; pages of what the test has made may not.
    if (real.length === 0 && !at.endsWith('.items')) return [];
    const one = real.find((item) => isOfKind(first, item)) as unknown;
    if (one === undefined) return [`${here} has none of the kind that is shown`];
    return differences(first, one, `${at}[…]`);
  }
  if (typeof real !== 'object' || Array.isArray(real)) return [`${here} is shown as an object`];
  const fields = new Map(Object.entries(real as Record<string, unknown>));
  return [
    ...[...shown.fields].flatMap(([name, one]) =>
      fields.has(name)
        ? differences(one, fields.get(name), `${at}.${name}`)
        : [`${at}.${name} is shown, and not there`],
    ),
    ...(shown.more
      ? []
      : [...fields.keys()]
          .filter((name) => !shown.fields.has(name))
          .map((name) => `${at}.${name} is there, and not shown`)),
  ];
}

/** What tells items of one list apart that have different fields. */
const KIND = ['kind', 'operation', 'what'];

function isOfKind(shown: Shown, item: unknown): boolean {
  if (shown.kind !== 'object') return true;
  return KIND.every((name) => {
    const one = shown.fields.get(name);
    return one?.kind !== 'scalar' || (item as Record<string, unknown>)[name] === one.value;
  });
}
