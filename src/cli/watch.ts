import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { CliError } from './errors.js';

/*
 * `--watch`: shows what a command shows again and again, in place. Only what reads and prints a page has it.
 */

export const WATCH = '--watch';
const USUAL_SECONDS = 2;
const MOST_SECONDS = 3600;

/** A terminal on which something can be drawn in place. Its rows and columns are those of the moment. */
export interface Screen {
  readonly write: (text: string) => void;
  readonly rows: number;
  readonly columns: number;
  /** Calls back each time that rows or columns change. */
  readonly onResize: (redraw: () => void) => void;
  /** Aborted by Ctrl-C. */
  readonly ended: AbortSignal;
}

/** What a command said, and how it ended. */
export interface Said {
  readonly code: 0 | 1 | 2;
  readonly out: string;
  readonly err: string;
}

export function watchable(command: Command): Command {
  return command.option(
    `${WATCH} [seconds]`,
    `show it again and again in place, every ${USUAL_SECONDS} s or so many, until Ctrl-C`,
  );
}

/** The words without `--watch`, and how often; undefined: the command is not to be watched, or has none of that. */
export function takeWatch(
  program: Command,
  args: readonly string[],
): { words: string[]; seconds: number } | undefined {
  const at = args.findIndex((word) => word === WATCH || word.startsWith(`${WATCH}=`));
  if (at === -1 || args.includes('--help') || args.includes('-h') || !isWatchable(program, args))
    return undefined;
  const word = args[at] ?? '';
  const next = args[at + 1];
  const isNext = word === WATCH && next !== undefined && /^\d/.test(next);
  const given = word === WATCH ? (isNext ? next : undefined) : word.slice(WATCH.length + 1);
  const seconds = given === undefined ? USUAL_SECONDS : Number(given);
  if (!(seconds >= 1 && seconds <= MOST_SECONDS))
    throw new CliError(`${WATCH} ${given}: a number of seconds, from 1 to ${MOST_SECONDS}`, 2);
  return { words: args.toSpliced(at, isNext ? 2 : 1), seconds };
}

function isWatchable(program: Command, args: readonly string[]): boolean {
  let command = program;
  for (const word of args) {
    const next = command.commands.find((one) => one.name() === word);
    if (next) command = next;
  }
  return command.options.some(({ flags }) => flags === `${WATCH} [seconds]`);
}

/** Refused where nothing can be drawn in place: what repeats itself into a file is read by nobody. */
export function screenFor(screen: (() => Screen) | undefined, asJson: boolean): Screen {
  if (asJson) throw new CliError(`${WATCH} draws a page for a person: leave --json out`, 2);
  if (screen) return screen();
  throw new CliError(`${WATCH} draws in place on a terminal, and this is none: leave it out`, 2);
}

const HIDE = '\u001B[?25l';
const SHOW = '\u001B[?25h';
const CLEAR = '\u001B[2J';
const TOP = '\u001B[H';
const END_OF_LINE = '\u001B[K';
const REST = '\u001B[J';
/** Characters may be wider than one column: what runs over the edge is not to begin a line. */
const NO_WRAP = '\u001B[?7l';
const WRAP = '\u001B[?7h';

/** Until Ctrl-C, or until the command is not understood. A failure is said, and what was shown last stays. */
export async function watch(screen: Screen, seconds: number, run: () => Promise<Said>): Promise<0 | 2> {
  const { write, ended } = screen;
  let page: Page = { seconds, shown: '', failure: '', now: new Date() };
  const stop = new Promise<'ended'>((resolve) => {
    if (ended.aborted) resolve('ended');
    ended.addEventListener('abort', () => resolve('ended'), { once: true });
  });
  // What the terminal has made of the old lines goes with them.
  screen.onResize(() => {
    if (!ended.aborted) write(CLEAR + drawn(page, screen));
  });
  write(HIDE + NO_WRAP + CLEAR);
  try {
    for (;;) {
      const said = await Promise.race([run(), stop]);
      if (said === 'ended') return 0;
      if (said.code === 2) {
        write(CLEAR + TOP + WRAP + said.err);
        return 2;
      }
      const failed = said.out === '';
      page = {
        ...{ seconds, now: new Date() },
        ...(failed ? { shown: page.shown, failure: said.err } : { shown: said.out, failure: '' }),
      };
      write(drawn(page, screen));
      await pause(seconds * 1000, ended);
      if (ended.aborted) return 0;
    }
  } finally {
    write(`${WRAP}${SHOW}\n`);
  }
}

interface Page {
  readonly shown: string;
  readonly seconds: number;
  readonly failure: string;
  readonly now: Date;
}

function drawn(of: Page, { rows, columns }: Screen): string {
  const time = of.now.toISOString().slice(11, 19);
  const head = [`Every ${of.seconds} s, at ${time} UTC; Ctrl-C ends it`];
  if (of.failure !== '') head.push(`Failed, and tried again: ${of.failure.trim().split('\n')[0] ?? ''}`);
  const lines = [...head, '', ...of.shown.trimEnd().split('\n')];
  const most = Math.max(3, rows - 1);
  const cut =
    lines.length > most ? [...lines.slice(0, most - 1), `… ${lines.length - most + 1} lines more`] : lines;
  // Erased before they are written: at the right edge the last character of a full line would be erased with the rest.
  return `${TOP}${cut.map((line) => `${END_OF_LINE}${shortened(line, columns)}\n`).join('')}${REST}`;
}

/** A line that the terminal would break is two of its rows. 0: it does not know how many columns it has. */
function shortened(line: string, columns: number): string {
  const characters = [...line];
  return columns === 0 || characters.length <= columns
    ? line
    : `${characters.slice(0, columns - 1).join('')}…`;
}

/** Ends early with Ctrl-C. */
async function pause(ms: number, ended: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal: ended });
  } catch (error) {
    if (!ended.aborted) throw error;
  }
}
