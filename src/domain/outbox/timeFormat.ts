/* Formats of times as mappings name them: `DD/MM/YYYY`, `YYYY-MM-DD HH:mm:ss`. */

export interface ReadParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly time?: {
    readonly hour: number;
    readonly minute: number;
    readonly second: number;
    readonly ms: number;
  };
  readonly zone?: string;
}

/** What stands for what. `M`, `D` and `H` take one digit or two. */
const TOKENS: Readonly<Record<string, string>> = {
  YYYY: '(?<year>\\d{4})',
  MM: '(?<month>\\d{2})',
  M: '(?<month>\\d{1,2})',
  DD: '(?<day>\\d{2})',
  D: '(?<day>\\d{1,2})',
  HH: '(?<hour>\\d{2})',
  H: '(?<hour>\\d{1,2})',
  mm: '(?<minute>\\d{2})',
  ss: '(?<second>\\d{2})',
};
const PIECE = /YYYY|MM?|DD?|HH?|mm|ss|[-./:, T]|[^]/g;
const SEPARATOR = /^[-./:, T]$/;

/** What is wrong with a format, or undefined. */
export function problemOfFormat(format: string): string | undefined {
  const pieces = format.match(PIECE) ?? [];
  const strange = pieces.find((piece) => !(piece in TOKENS) && !SEPARATOR.test(piece));
  if (strange !== undefined)
    return 'a format is "seconds", "milliseconds", or made of YYYY, MM, M, DD, D, HH, H, mm, ss and - . / : , T and spaces';
  const letters = pieces.filter((piece) => piece in TOKENS).map((piece) => piece.charAt(0));
  if (new Set(letters).size < letters.length) return 'a format names each part once';
  if (['Y', 'M', 'D'].some((letter) => !letters.includes(letter)))
    return 'a format has a year, a month and a day: YYYY, MM and DD';
  if (letters.includes('m') !== letters.includes('H') || (letters.includes('s') && !letters.includes('m')))
    return 'a time of a format has HH and mm, and ss where there are seconds';
  return undefined;
}

/** Reads texts in a sound format; undefined for those that are not in it. */
export function formatReader(format: string): (text: string) => ReadParts | undefined {
  const pattern = (format.match(PIECE) ?? []).map((piece) => TOKENS[piece] ?? `\\x${hex(piece)}`).join('');
  const whole = new RegExp(`^${pattern}$`);
  return (text) => {
    const groups = whole.exec(text)?.groups;
    if (!groups) return undefined;
    const of = (name: string) => Number(groups[name] ?? 0);
    return {
      ...{ year: of('year'), month: of('month'), day: of('day') },
      ...(groups['hour'] !== undefined && {
        time: { hour: of('hour'), minute: of('minute'), second: of('second'), ms: 0 },
      }),
    };
  };
}

const hex = (character: string) => character.charCodeAt(0).toString(16).padStart(2, '0');
