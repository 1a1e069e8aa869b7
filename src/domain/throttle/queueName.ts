import { ExactNumber } from '../exactJson.js';

/*
 * The names of queues, as people fill them in. What looks the same to them is one queue: a partner behind two lanes
 * would get twice what it can take.
 */

export interface QueueName {
  /** As it was written, without what nobody sees. */
  readonly name: string;
  /** Equal for names that are the same to people. */
  readonly folded: string;
  /** Why the name is not the whole of what was written. */
  readonly note: string | null;
}

const MAX_CHARACTERS = 100;
/** A character may have any number of accents: for what an index takes, and a screen. */
const MAX_UNITS = 250;
/** More than this of a field is not looked at. */
const MAX_READ = 4000;
const CUT = `The name of the queue was cut to ${MAX_CHARACTERS} characters: names that are the same up to there share this lane`;

/** Letters, digits and single spaces of ASCII are what they are. */
const PLAIN = /^[!-~]+(?: [!-~]+)*$/;
const SPACES = /[\s\p{Zs}\p{Cc}]+/gu;
/** Lone surrogates are no text. */
const NO_TEXT = /\p{Cs}/gu;
/** Zero-width spaces, joiners, marks of direction, soft hyphens. */
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{Cf}]/gu;

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The queue that an input field names; null where it names none. */
export function queueNameOf(value: unknown): QueueName | null {
  if (typeof value !== 'string' && typeof value !== 'number' && !(value instanceof ExactNumber)) return null;
  const written = String(value).trim().slice(0, MAX_READ);
  if (written.length <= MAX_CHARACTERS && PLAIN.test(written))
    return { name: written, folded: written.toLowerCase(), note: null };
  const whole = written.replace(NO_TEXT, '').normalize('NFC').replace(SPACES, ' ').trim();
  const name = cut(whole);
  const folded = fold(name);
  if (folded === '') return null;
  return { name, folded, note: name === whole ? null : CUT };
}

/** At the end of a character as people see it: never within an emoji or between a letter and its accent. */
function cut(text: string): string {
  if (text.length <= MAX_CHARACTERS) return text;
  let end = 0;
  let characters = 0;
  for (const { index, segment } of segmenter.segment(text)) {
    const next = index + segment.length;
    if (characters === MAX_CHARACTERS || next > MAX_UNITS) break;
    characters += 1;
    end = next;
  }
  return end > 0 ? text.slice(0, end).trim() : text.slice(0, MAX_UNITS).replace(NO_TEXT, '');
}

/** By way of upper case, since `ß` is `SS` there. */
function fold(name: string): string {
  const seen = name.replace(UNSEEN, '').replace(SPACES, ' ').trim();
  return seen.toUpperCase().toLowerCase().normalize('NFC');
}
