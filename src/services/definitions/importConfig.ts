import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { withDeadline } from '../../platform/deadline.js';
import { whyNoModule } from './configFile.js';
import { placeAt, placeOfError, type Place } from '../../platform/placeInCode.js';
import { lineWith, type DefinitionProblem } from './place.js';

const DEADLINE_MS = 30_000;

export type Imported =
  | { readonly ok: true; readonly exported: unknown }
  | { readonly ok: false; readonly problem: DefinitionProblem };

/** Runs the file. What is written in TypeScript is run by way of tsx, unless the process does so anyway. */
export async function importConfig(file: string, deadlineMs = DEADLINE_MS): Promise<Imported> {
  const problem = whyNoModule(file);
  if (problem !== undefined) return failed(problem);
  const isOurselvesInTypeScript = import.meta.url.endsWith('.ts');
  if (file.endsWith('ts') && !isOurselvesInTypeScript) (await import('tsx/esm/api')).register();
  try {
    const reading = import(pathToFileURL(file).href) as Promise<object>;
    const module = await withDeadline(reading, deadlineMs, () => new Late());
    if ('default' in module) return { ok: true, exported: module.default };
    return failed('it has no default export: write `export default defineConfig({ … })`');
  } catch (error) {
    if (error instanceof Late)
      return failed(`it was not read within ${deadlineMs / 1000} s: an await in it does not end`);
    return { ok: false, problem: explain(error, file) };
  }
}

class Late extends Error {}

const failed = (message: string): Imported => ({ ok: false, problem: { place: undefined, message } });

function explain(error: unknown, file: string): DefinitionProblem {
  // What the thread of a loader throws is no native error here.
  if (!(error instanceof Error)) return { place: undefined, message: `it throws ${String(error)}` };
  return (
    notTransformed(error) ??
    notParsed(error, file) ??
    notFound(error) ?? { place: placeOfError(error), message: `it throws ${error.name}: ${error.message}` }
  );
}

/** TypeScript that is none, as esbuild says it: `/a/b.ts:4:6: ERROR: Unexpected ","`. */
function notTransformed({ name, message }: Error): DefinitionProblem | undefined {
  if (name !== 'TransformError') return undefined;
  const [at, what] = message.split('\n').at(1)?.split(': ERROR: ') ?? [];
  return { place: placeAt(at?.slice(0, at.lastIndexOf(':')) ?? ''), message: what ?? message };
}

/** JavaScript that is none, or an import of what a file does not export. */
function notParsed(error: Error, file: string): DefinitionProblem | undefined {
  if (error.name !== 'SyntaxError') return undefined;
  const [first = ''] = error.stack?.split('\n', 1) ?? [];
  return { place: placeAt(first) ?? placeOfError(error) ?? placeByNode(file), message: error.message };
}

/** Where Node cannot go on. It says so only where it ends for it; nothing runs of what does not parse. */
function placeByNode(file: string): Place | undefined {
  const args = ['--input-type=module', '--eval', `import ${JSON.stringify(pathToFileURL(file).href)}`];
  const { stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 10_000 });
  return stderr
    .split('\n')
    .map(placeAt)
    .find((place) => place !== undefined);
}

/** `Cannot find module '/a/events/none.js' imported from /a/sluice.config.ts`. */
function notFound(error: Error): DefinitionProblem | undefined {
  if (!('code' in error) || error.code !== 'ERR_MODULE_NOT_FOUND') return undefined;
  const [, wanted = ''] = error.message.split("'");
  const [, by = ''] = error.message.split(' imported from ');
  const message = `${path.isAbsolute(wanted) ? 'there is no file' : 'there is no package'} ${wanted}, which is imported here`;
  const name = path.basename(wanted, path.extname(wanted));
  return { place: lineWith(by, (line) => /['"]/.test(line) && line.includes(name)), message };
}
