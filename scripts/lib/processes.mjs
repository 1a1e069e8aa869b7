import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { until } from './until.mjs';

/** Whether a process with this number runs. */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** The command line of a process; '' when there is no such process or the system does not show it. */
export function commandLine(pid) {
  try {
    if (process.platform === 'linux')
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    if (process.platform === 'win32') return '';
    return execFileSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' });
  } catch {
    return ''; // the process ended meanwhile
  }
}

/**
 * Ends a process that an earlier run left behind, if its number still belongs to it (`mark` is in its command line).
 * @returns {Promise<boolean>} whether there was one
 */
export async function endLeftover({ pid, mark, signal = 'SIGTERM', deadlineMs = 10_000 }) {
  const isTheOne = () => isAlive(pid) && commandLine(pid).includes(mark);
  if (!isTheOne()) return false;
  process.kill(pid, signal);
  const late = () => new Error('late');
  const gone = () => !isTheOne();
  await until(gone, { deadlineMs, late }).catch(() => {
    process.kill(pid, 'SIGKILL');
    return until(gone, { deadlineMs, late });
  });
  return true;
}
