import path from 'node:path';

export const ROOT = path.resolve(import.meta.dirname, '../..');

/** Everything that a running checkout keeps: binaries, logs, data, secrets. Not in git. */
export const HOME = path.join(ROOT, '.sluice');

export const inHome = (...parts) => path.join(HOME, ...parts);
