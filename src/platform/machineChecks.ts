import { statfs } from 'node:fs/promises';
import { NotKnown, Unable, type HealthCheck } from './health.js';
import { NODE_RANGE } from './version.js';

export function nodeCheck(version = process.versions.node): HealthCheck {
  return () => {
    const [major = 0, minor = 0] = version.split('.').map(Number);
    const [leastMajor = 0, leastMinor = 0] = NODE_RANGE.replace('>=', '').split('.').map(Number);
    const isOld = major < leastMajor || (major === leastMajor && minor < leastMinor);
    return isOld
      ? Promise.reject(new Unable(`This is Node ${version}, and ${NODE_RANGE} is needed`))
      : Promise.resolve();
  };
}

const LEAST_FREE_BYTES = 1024 ** 3;

type ReadRoom = (folder: string) => Promise<{ readonly bavail: number; readonly bsize: number }>;

/** Whether a process may write to each folder for a while yet. */
export function diskCheck(folders: readonly string[], read: ReadRoom = statfs): HealthCheck {
  return async () => {
    for (const folder of folders) {
      const { bavail, bsize } = await read(folder).catch((cause: unknown) => {
        throw new NotKnown(`The disk of ${folder} cannot be looked at`, { cause });
      });
      const free = bavail * bsize;
      if (free < LEAST_FREE_BYTES)
        throw new Unable(`The disk of ${folder} has ${Math.round(free / 1024 ** 2)} MB left`);
    }
  };
}
