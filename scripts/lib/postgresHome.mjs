import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isAlive } from './processes.mjs';
import { isOpenToAll, ownFolder, serverUser, systemTemp } from './unprivileged.mjs';

const PREFIX = 'sluice-data-';

/**
 * The folder for Postgres's data. It lies in `dir`; where the user that runs Postgres cannot enter `dir`, it lies in
 * the system's temporary folder, with a note on either side that names the other. So removing `dir` is enough to
 * begin anew.
 */
export function postgresHome(dir) {
  mkdirSync(dir, { recursive: true });
  const ids = serverUser();
  if (!ids || isOpenToAll(dir)) return ownFolder(path.join(dir, 'postgres'), ids);
  const note = noteIn(dir);
  const home = existsSync(note)
    ? readFileSync(note, 'utf8')
    : path.join(systemTemp(), `${PREFIX}${randomBytes(6).toString('hex')}`);
  if (!existsSync(note)) {
    removeOrphans();
    writeFileSync(note, home);
  }
  ownFolder(home, ids);
  writeFileSync(path.join(home, 'belongs-to'), dir);
  return home;
}

/** Removes the data that belongs to `dir`, wherever it lies. The server must have ended. */
export function removePostgres(dir) {
  const note = noteIn(dir);
  if (existsSync(note)) rmSync(readFileSync(note, 'utf8'), { recursive: true, force: true });
  rmSync(note, { force: true });
  rmSync(path.join(dir, 'postgres'), { recursive: true, force: true });
}

const noteIn = (dir) => path.join(dir, 'postgres-is-in');

/** Removes data whose folder `dir` is gone: nothing leads to it any more. */
function removeOrphans() {
  const temp = systemTemp();
  for (const name of readdirSync(temp)) {
    const home = path.join(temp, name);
    const owner = path.join(home, 'belongs-to');
    if (!name.startsWith(PREFIX) || !existsSync(owner)) continue;
    const note = noteIn(readFileSync(owner, 'utf8'));
    const claimed = existsSync(note) && readFileSync(note, 'utf8') === home;
    if (!claimed && !isServed(home)) rmSync(home, { recursive: true, force: true });
  }
}

function isServed(home) {
  const note = path.join(home, 'data/postmaster.pid');
  return existsSync(note) && isAlive(Number(readFileSync(note, 'utf8').split('\n')[0]));
}
