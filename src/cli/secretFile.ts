import { readFileSync } from 'node:fs';
import { Secret } from '../platform/secret.js';
import { CliError } from './errors.js';

/**
 * What a file holds, `-` being standard input. Secrets come this way: arguments are seen by everybody on the machine,
 * and kept by the shell.
 */
export function readSecret(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8').trim();
  } catch (error) {
    throw new CliError(
      `Cannot read ${file === '-' ? 'standard input' : file}: ${error instanceof Error ? error.message : String(error)}`,
      2,
    );
  }
}

/** The same, of a file that must not be empty. */
export function filledSecret(file: string): Secret {
  const text = readSecret(file);
  if (text === '') throw new CliError(`${file === '-' ? 'Standard input' : file} is empty`, 2);
  return new Secret(text);
}
