import { stringifyExactJson } from '../domain/exactJson.js';
import type { Command } from 'commander';
import type { Api } from './api.js';
import type { Config } from '../platform/config/config.js';
import type { Variables } from '../services/definitions/actionSecrets.js';
import type { Definitions } from '../services/definitions/loadDefinitions.js';
import type { ApiSource } from './apiSource.js';
import type {
  AppEnvironment,
  CallerEnvironment,
  DatabaseEnvironment,
  DeveloperEnvironment,
  OperatorEnvironment,
} from './environment.js';
import type { Secret } from '../platform/secret.js';
import type { Cell } from './output.js';
import type { Settings } from './settings.js';
import { watchable } from './watch.js';

/** What the commands get. The API's client and settings are made when one is run: `--help` needs neither. */
export interface Context {
  readonly settings: () => Settings;
  readonly api: () => Api;
  /** For commands that work on the database itself. */
  readonly database: () => DatabaseEnvironment;
  /** For those that need the keys of ENCRYPTION_KEYS, too. */
  readonly operator: () => OperatorEnvironment;
  /** For what looks at all that the service is given. Throws a ConfigError that lists what is wrong. */
  readonly service: () => Config;
  /** Variables that are no settings of Sluice. */
  readonly variables: (names: readonly string[]) => Variables;
  /** OUTBOX_DATABASE_URL, if it is set. */
  readonly outboxDatabase: () => Secret | undefined;
  /** The app at HubSpot, and HUBSPOT_DEVELOPER_API_KEY, if it is set. */
  readonly app: () => AppEnvironment;
  /** IMPORT_DATABASE_URL, if it is set. */
  readonly importDatabase: () => Secret | undefined;
  /** For what a developer does with the app's definitions at HubSpot. */
  readonly developer: () => DeveloperEnvironment;
  /** What it takes to call the API as HubSpot does. */
  readonly caller: () => CallerEnvironment;
  /** The folder in which the command was given. */
  readonly cwd: string;
  /** What comes with Sluice, and what `sluice.config.ts` adds. */
  readonly definitions: () => Promise<Definitions>;
  /** Asks the person at the terminal; undefined where there is none. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
  /** The same for what is not to be seen. */
  readonly askUnseen: ((question: string) => Promise<string>) | undefined;
  /** What `--context` names. */
  readonly named: string | undefined;
  /** SLUICE_CONTEXT. */
  readonly namedByEnvironment: () => string | undefined;
  /** What says which API is asked in this folder, where `--context` is not given; with this context in use. */
  readonly source: (current?: string) => ApiSource;
  /** Where `sluice login` notes APIs and keys; undefined where a person has no folder for settings. */
  readonly contextsFile: () => string | undefined;
  /** Writes to standard output. */
  readonly print: (text: string) => void;
  /** A table that fits, or with `--wide` all of it. */
  readonly table: (headers: readonly string[], rows: readonly (readonly Cell[])[]) => string;
  /** The command ends with 1, and has said why. */
  readonly fail: () => void;
  /** Says, on standard error, what a person should know and a program does not read. */
  readonly say: (text: string) => void;
}

interface LeafOptions {
  readonly name: string;
  readonly description: string;
  /** How it is called, without `sluice` and the noun. */
  readonly example: string;
}

/** A verb under a noun: each has `--json` and an example in its help. */
export function verb(noun: Command, { name, description, example }: LeafOptions): Command {
  return noun
    .command(name)
    .description(description)
    .option('--json', 'print what the API answered, as JSON; errors, too')
    .addHelpText('after', `\nExample:\n  $ sluice ${noun.name()} ${example}`);
}

/** One that prints a table. */
export function tabled(noun: Command, leaf: LeafOptions): Command {
  return verb(noun, leaf).option('--wide', 'nothing is cut, and times are exact');
}

/** One that prints a table and does nothing else, whatever its options are. */
export function lister(noun: Command, leaf: LeafOptions): Command {
  return watchable(tabled(noun, leaf));
}

/** As JSON for programs, as text for people. */
export function show(
  context: Context,
  asJson: boolean | undefined,
  value: unknown,
  forPeople: () => string,
): void {
  context.print(asJson ? stringifyExactJson(value, 2) : forPeople());
}
