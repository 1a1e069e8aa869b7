import path from 'node:path';

export const ROOT = path.resolve(import.meta.dirname, '../..');

/** The folder of what this checkout keeps and git ignores: binaries, logs, data, secrets. */
export const HOME = path.join(ROOT, '.sluice');

export const inHome = (...parts) => path.join(HOME, ...parts);
