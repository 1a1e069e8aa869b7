import { execFileSync } from 'node:child_process';
import { ROOT } from './paths.mjs';

/**
 * Which third of a long suite is this commit's turn, 1 to 3, by the number of commits: three commits one after the
 * other run all of it. Undefined where there is no history to count; then all of it is to run.
 */
export function thirdOfCommit(commits = countCommits()) {
  return commits === undefined ? undefined : (commits % 3) + 1;
}

function countCommits() {
  try {
    const count = execFileSync('git', ['rev-list', '--count', 'HEAD'], { cwd: ROOT, stdio: 'pipe' });
    return Number(count.toString());
  } catch {
    return undefined; // no git, or no repository: an unpacked archive
  }
}
