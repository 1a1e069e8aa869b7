import { Command, type Argument, type Option } from 'commander';
import type { Context } from '../context.js';
import { NOUNS } from '../rooms.js';

/*
 * The commands as data, for completion: a TAB cannot wait until every command is loaded. `npm run build` writes them
 * beside the built code; bin/complete.mjs reads them.
 */

/** What an argument or the value of an option may be; neither: anything. */
interface Value {
  readonly choices?: readonly string[];
  /** What it is called: `laneId`, `file`. */
  readonly name: string;
}

export interface CompletedOption {
  /** Without dashes: `beyond-block`. */
  readonly name: string;
  readonly description: string;
  /** None: it is a switch. */
  readonly value?: Value;
}

export interface CompletedCommand {
  /** `lanes set`. */
  readonly words: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
  readonly args: readonly Value[];
}

export async function commandTable(): Promise<CompletedCommand[]> {
  const program = new Command('sluice');
  // No command is run here, and before it is run none asks for its context.
  const context = {} as Context;
  for (const { noun, description, load } of NOUNS)
    (await load())(program.command(noun).description(description), context);
  return program.commands.flatMap((command) => described(command, []));
}

function described(command: Command, above: readonly string[]): CompletedCommand[] {
  const words = [...above, command.name()];
  const help = command.createHelp();
  return [
    {
      words: words.join(' '),
      description: command.description(),
      options: help.visibleOptions(command).flatMap(optionOf),
      args: command.registeredArguments.map((argument: Argument) => valueOf(argument.name(), argument)),
    },
    ...help
      .visibleCommands(command)
      .flatMap((below) => (below.name() === 'help' ? [] : described(below, words))),
  ];
}

function optionOf(option: Option): CompletedOption[] {
  if (option.long === undefined) return [];
  const name = option.long.slice('--'.length);
  const { description } = option;
  if (!option.required && !option.optional) return [{ name, description }];
  const called = option.flags.split(' ').at(-1)?.slice(1, -1) ?? name;
  return [{ name, description, value: valueOf(called, option) }];
}

function valueOf(name: string, { argChoices: declared }: Pick<Option, 'argChoices'>): Value {
  // `<on|off>` says the choices itself.
  const choices = declared ?? (/^[\w-]+(?:\|[\w-]+)+$/.test(name) ? name.split('|') : undefined);
  return choices === undefined ? { name } : { name, choices };
}
