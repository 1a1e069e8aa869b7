import { Script } from 'node:vm';
import { CliError } from '../errors.js';
import type { ShellHelpers } from './shellHelpers.js';

type Program = (...helpers: unknown[]) => Promise<unknown>;

/** What this comes to: an expression, or statements that `return` it. It may await. */
export async function evaluate(code: string, helpers: ShellHelpers): Promise<unknown> {
  const names = Object.keys(helpers).join(', ');
  const expression = code.trim().replace(/;$/, '');
  const script =
    compiled(`(async (${names}) => (${expression}\n))`) ?? statements(`(async (${names}) => {${code}\n})`);
  return (script.runInThisContext() as Program)(...Object.values(helpers));
}

function statements(code: string): Script {
  try {
    return new Script(code);
  } catch (error) {
    throw new CliError(`This is no JavaScript: ${(error as Error).message}`, 2);
  }
}

function compiled(code: string): Script | undefined {
  try {
    return new Script(code);
  } catch {
    return undefined; // no expression: as statements it is right, or its mistake is named
  }
}
