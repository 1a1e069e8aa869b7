import { chmodSync, chownSync, lstatSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import { createHash } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { Trouble } from './trouble.mjs';

const NOBODY = 65_534; // exists as a number on every Unix, whatever /etc/passwd says
const OTHERS_ENTER = 0o001;
const OTHERS_READ_ENTER = 0o005;

/**
 * The user for a server that refuses to run as root: `nobody` when this process is root; undefined, which means the
 * user of this process, otherwise.
 */
export function serverUser() {
  return process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : undefined;
}

/** Whether every user may enter each folder of the path and read the last one. Access lists are not considered. */
export function isOpenToAll(folder) {
  const last = realpathSync(folder);
  if ((statSync(last).mode & OTHERS_READ_ENTER) !== OTHERS_READ_ENTER) return false;
  for (let parent = path.dirname(last); ; parent = path.dirname(parent)) {
    if ((statSync(parent).mode & OTHERS_ENTER) === 0) return false;
    if (parent === path.dirname(parent)) return true;
  }
}

/** The system's temporary folder; one that survives a restart of the machine where there is one. */
export function systemTemp() {
  try {
    const mode = statSync('/var/tmp').mode;
    if (mode & 0o1000 && mode & 0o002) return '/var/tmp';
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  return os.tmpdir();
}

export const shortHash = (text) => createHash('sha256').update(text).digest('hex').slice(0, 12);

/**
 * Makes a folder that belongs to the user `uid`, or checks that the one of this name does: in a folder where every user
 * may write, another user could have made it.
 */
export function ownFolder(
  folder,
  { uid = process.getuid?.() ?? 0, gid = process.getgid?.() ?? 0, mode = 0o700 } = {},
) {
  mkdirSync(path.dirname(folder), { recursive: true });
  try {
    mkdirSync(folder, { mode });
    if (process.platform === 'win32') return folder;
    chmodSync(folder, mode);
    chownSync(folder, uid, gid);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (process.platform === 'win32') return folder;
    const found = lstatSync(folder);
    if (!found.isDirectory() || found.uid !== uid) {
      throw new Trouble(`${folder} belongs to user ${found.uid}, not to ${uid}.`, {
        advice:
          'It is from a start as another user. Remove it (its data goes with it), or start as that user.',
      });
    }
  }
  return folder;
}
