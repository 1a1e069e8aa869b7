import path from 'node:path';

export const ROOT = path.resolve(import.meta.dirname, '../..');

/** Whether this is the package, installed in a project of somebody's own, and not a checkout: all of it is compiled. */
export const PACKED = path.basename(path.dirname(ROOT)) === 'node_modules';

/** Where definitions and `.env` lie: the checkout, or the project in whose folder the package is started. */
export const PROJECT = PACKED ? process.cwd() : ROOT;

/** The folder of what this project keeps and git ignores: binaries, logs, data, secrets. */
export const HOME = path.join(PROJECT, '.sluice');

export const inHome = (...parts) => path.join(HOME, ...parts);

/** What Node is given to run a program: `cli/setup` of `src`, or `sandbox/main`. */
export const programArgs = (name) =>
  PACKED
    ? [path.join(ROOT, 'dist', `${name}.js`)]
    : ['--import', 'tsx', path.join(ROOT, name.startsWith('sandbox/') ? '' : 'src', `${name}.ts`)];
