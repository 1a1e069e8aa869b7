import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigError } from '../../platform/config/config.js';

/** In the folder in which a process was started. */
export const CONFIG_FILES = [
  'sluice.config.ts',
  'sluice.config.mts',
  'sluice.config.js',
  'sluice.config.mjs',
];

/** The file with what somebody has defined; undefined: there is none. */
export function findConfigFile(named: string | undefined, cwd: string): string | undefined {
  if (named !== undefined) {
    const file = path.resolve(cwd, named);
    if (existsSync(file)) return file;
    throw new ConfigError(`SLUICE_CONFIG names ${file}, and there is no such file`);
  }
  const [file, ...others] = CONFIG_FILES.map((name) => path.join(cwd, name)).filter((one) => existsSync(one));
  if (others.length > 0)
    throw new ConfigError(
      `There are ${[file, ...others].map((one) => path.basename(one ?? '')).join(' and ')} in ${cwd}: remove those that are not meant, or name the one that is with SLUICE_CONFIG`,
    );
  return file;
}

/**
 * Why Node would not read the file as an ES module. Read as CommonJS it would get another copy of Sluice than the one
 * that runs.
 */
export function whyNoModule(file: string): string | undefined {
  if (path.extname(file).startsWith('.m')) return undefined;
  for (let dir = path.dirname(file); ; dir = path.dirname(dir)) {
    const manifest = path.join(dir, 'package.json');
    if (existsSync(manifest)) {
      const { type } = JSON.parse(readFileSync(manifest, 'utf8')) as { type?: unknown };
      return type === 'module'
        ? undefined
        : `it must be an ES module: write "type": "module" into ${manifest}`;
    }
    if (dir === path.dirname(dir)) break;
  }
  return 'it must be an ES module: put a package.json with "type": "module" beside it';
}
