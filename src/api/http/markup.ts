/** HTML that may be sent: made by `markup` alone, so that no text gets into a page without being escaped. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = Html | string | number | false | null | undefined | readonly Part[];

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Template for HTML: what is put in is escaped unless it is `Html` itself; false, null and undefined leave nothing. */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.reduce((text, next, at) => text + textOf(parts[at - 1]) + next));
}

/** Words of code, with commas between them. */
export function inCode(words: readonly string[]): Html[] {
  return words.map((word, at) => markup`${at > 0 && ', '}<code>${word}</code>`);
}

function textOf(part: Part): string {
  if (part === false || part === null || part === undefined) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map(textOf).join('');
  return String(part).replace(/[&<>"']/g, (one) => ENTITIES[one] ?? one);
}
