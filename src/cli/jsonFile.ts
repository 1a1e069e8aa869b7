import { readFileSync } from 'node:fs';
import { parseExactJson } from '../domain/exactJson.js';
import { CliError } from './errors.js';

/** What a file holds; `-` is the standard input. */
export function readJson(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new CliError(`Cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`, 2);
  }
  try {
    return parseExactJson(text);
  } catch (error) {
    throw new CliError(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`, 2);
  }
}
