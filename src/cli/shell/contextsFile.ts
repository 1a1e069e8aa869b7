import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { PersonEnvironment } from '../environment.js';
import { CliError } from '../errors.js';

/*
 * The APIs that a person works with, each by a name: address and key, in a file of that person's own. The keys stand
 * in it as they are: nobody else may read it, or it is not used.
 */

const fileSchema = z.strictObject({
  /** The one in use. */
  current: z.string().nullable(),
  contexts: z.record(z.string(), z.strictObject({ url: z.string(), key: z.string() })),
});

export type Contexts = z.infer<typeof fileSchema>;
export type NamedContext = Contexts['contexts'][string];

const NONE: Contexts = { current: null, contexts: {} };
const MODE = 0o600;
const FOLDER_MODE = 0o700;
const OF_OTHERS = 0o077;
const NAME = /^[\w.-]{1,50}$/;

/** In the folder in which a person's settings lie; undefined where there is none. */
export function contextsFileOf(env: PersonEnvironment): string | undefined {
  const folder =
    env.XDG_CONFIG_HOME ?? (env.HOME === undefined ? env.APPDATA : path.join(env.HOME, '.config'));
  return folder ? path.join(folder, 'sluice', 'contexts.json') : undefined;
}

/** What the file says; nothing where there is none. Refused: one that others may read, or that is none of ours. */
export function readContexts(file: string | undefined): Contexts {
  if (file === undefined) return NONE;
  let text: string;
  try {
    refuseOpenFile(file);
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof CliError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return NONE;
    throw new CliError(`Cannot read ${file}: ${(error as Error).message}`, 2);
  }
  const parsed = fileSchema.safeParse(jsonOf(text));
  if (!parsed.success)
    throw new CliError(`${file} is not what \`sluice login\` writes: correct it, or remove it`, 2);
  return parsed.data;
}

/** Writes all of it, or nothing: a new file takes the place of the old one. */
export function writeContexts(file: string | undefined, contexts: Contexts): void {
  if (file === undefined)
    throw new CliError('There is no folder for the settings of a person: set HOME or XDG_CONFIG_HOME', 2);
  mkdirSync(path.dirname(file), { recursive: true, mode: FOLDER_MODE });
  const beside = `${file}.${process.pid}`;
  writeFileSync(beside, `${JSON.stringify(contexts, null, 2)}\n`, { mode: MODE });
  chmodSync(beside, MODE); // whatever the umask or a file that was left there
  renameSync(beside, file);
}

export function checkedName(name: string): string {
  if (NAME.test(name)) return name;
  throw new CliError(`${name} is no name of a context: up to 50 letters, digits, dots and dashes`, 2);
}

/** The context of this name, or words that say which there are. */
export function contextOf({ contexts }: Contexts, name: string): NamedContext {
  const found = Object.hasOwn(contexts, name) ? contexts[name] : undefined;
  if (found) return found;
  const names = Object.keys(contexts);
  throw new CliError(
    `There is no context ${name}${names.length === 0 ? ': `sluice login` makes one' : `, but ${names.join(', ')}`}`,
    2,
    'not_found',
  );
}

function refuseOpenFile(file: string): void {
  const { mode } = statSync(file);
  if (process.platform === 'win32' || (mode & OF_OTHERS) === 0) return;
  throw new CliError(
    `Others may read ${file}, which holds keys (mode ${(mode & 0o777).toString(8)}): \`chmod 600 ${file}\`, and take new keys if somebody has`,
    2,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
