import type { Command } from 'commander';
import { show, type Context } from './context.js';
import { CliError } from './errors.js';
import { counted } from './output.js';

/*
 * Verbs that end, take away or send again what is not easily brought back. Each says what it would touch and asks; a
 * script says `--yes`.
 */

export interface Meant {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** What a command would touch, for people and for programs. */
export interface Preview {
  readonly text: string;
  readonly data: unknown;
}

const FIRST = 5;

/** Adds the options by which a verb is meant. Its action asks `isMeant` before it does anything. */
export function destructive(command: Command): Command {
  return command
    .option('--yes', 'it is meant: do not ask')
    .option('--dry-run', 'say what it would touch, and do nothing');
}

/**
 * Whether to go on. `look` finds out what would be touched, and changes nothing; with `--yes` it is not asked for.
 */
export async function isMeant(
  context: Context,
  { yes, dryRun, json }: Meant,
  look: () => Promise<Preview>,
): Promise<boolean> {
  if (dryRun) {
    const { text, data } = await look();
    show(context, json, data, () => text);
    return false;
  }
  if (yes) return true;
  if (!context.ask)
    throw new CliError(
      'This asks before it does anything, and there is no terminal to ask at: add --yes if it is meant, or --dry-run to see what it would touch',
      2,
    );
  context.say((await look()).text);
  const answer = await context.ask('Go on? [y/N] ');
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliError('Nothing was done');
  return true;
}

/** `does`: what is done, in words. `names`: of what is touched, all or the first; `count`: how many that are. */
export function touching(does: string, names: readonly string[], count = names.length): Preview {
  const first = names.slice(0, FIRST);
  const more = count - first.length;
  const lines = first.map((name) => `  ${name}`);
  return {
    text: [
      does,
      ...lines,
      ...(more > 0 && first.length > 0 ? [`  and ${counted(more, 'more', 'more')}`] : []),
    ].join('\n'),
    data: { does, count, first },
  };
}
