/**
 * What a shell asks at each TAB: `sluice complete -- lanes set 7 --be`. It loads neither the commands nor anything that
 * they use: the commands are data (commandTable.ts), made when the code is built; in a checkout, when one has changed.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { RootCommand, ShellCompDirective } from '@bomb.sh/tab';
import { idsFrom } from './completeIds.mjs';

const ROOT = path.resolve(import.meta.dirname, '..');
const SOURCES = path.join(ROOT, 'src/cli');
const FROM_SOURCES = path.join(ROOT, '.sluice/commands.json');
const BUILT = path.join(ROOT, 'dist/cli/shell/commands.json');

/** Collects what fits the last word; it is printed when the API has been asked, too. */
class Completion extends RootCommand {
  /** The last word, up to the cursor. */
  word = '';
  /** What the argument or the value is called that is wanted here. */
  wanted;

  complete(word) {
    this.word = word;
  }

  print() {
    if (this.wanted === 'file') console.log(`:${ShellCompDirective.ShellCompDirectiveDefault}`);
    else super.complete(this.word);
  }
}

/** @param {string[]} words What follows `sluice`; the last one is not complete, or empty. */
export async function complete(words) {
  const completion = completionOf(await readCommands(), words);
  completion.parse([...words]);
  const ids = completion.wanted === undefined ? [] : await idsFrom(completion.wanted, contextIn(words));
  completion.completions.push(...ids);
  completion.print();
}

function completionOf(commands, words) {
  const completion = new Completion();
  const typed = words.slice(0, -1);
  const current = commands.findLast(({ words: all }) => all.split(' ').every((word, n) => word === typed[n]));
  for (const { words: all, description } of commands) completion.command(all, description);
  if (!current) return completion;
  // One name may be a switch here and have a value there: only what this command has is told.
  const command = completion.commands.get(current.words);
  const offers = ({ name, choices = [] }) => {
    const wanted = name === 'name' && current.words.startsWith('outbox ') ? 'mapping' : name;
    return (add) => {
      if (choices.length === 0) completion.wanted = wanted;
      for (const choice of choices) add(choice, '');
    };
  };
  for (const { name, description, value } of current.options) {
    if (value) command.option(name, description, offers(value));
    else command.option(name, description);
  }
  for (const value of current.args) command.argument(value.name, offers(value), /s$/.test(value.name));
  return completion;
}

/** `--context NAME` stands anywhere in a command. */
function contextIn(words) {
  const at = words.indexOf('--context');
  if (at >= 0 && at < words.length - 1) return words[at + 1];
  return words.find((word) => word.startsWith('--context='))?.slice('--context='.length);
}

async function readCommands() {
  if (!existsSync(SOURCES)) return JSON.parse(readFileSync(BUILT, 'utf8'));
  const changedMs = Math.max(
    ...readdirSync(SOURCES, { recursive: true }).map((name) => statSync(path.join(SOURCES, name)).mtimeMs),
  );
  const noted = statSync(FROM_SOURCES, { throwIfNoEntry: false });
  if (noted && noted.mtimeMs > changedMs) return JSON.parse(readFileSync(FROM_SOURCES, 'utf8'));
  const { register } = await import('tsx/esm/api');
  register();
  const { commandTable } = await import(new URL('../src/cli/shell/commandTable.ts', import.meta.url).href);
  const commands = await commandTable();
  mkdirSync(path.dirname(FROM_SOURCES), { recursive: true });
  // Two shells may ask at once: neither reads half of what the other one writes.
  const whole = `${FROM_SOURCES}.${process.pid}`;
  writeFileSync(whole, JSON.stringify(commands));
  renameSync(whole, FROM_SOURCES);
  return commands;
}
