import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { commandLine, endLeftover, isAlive } from './processes.mjs';
import { Trouble } from './trouble.mjs';

/**
 * Claims a folder for one run. The claim notes the processes that the run starts. When a run was killed, the next one
 * ends the processes that it has left behind, because they still hold its ports and its data.
 */
export async function claimFolder(dir, { say = () => {} } = {}) {
  const file = path.join(dir, 'run.json');
  if (existsSync(file)) {
    const { pid, script, children } = JSON.parse(readFileSync(file, 'utf8'));
    if (pid !== process.pid && isAlive(pid) && commandLine(pid).includes(script)) {
      throw new Trouble(`It runs here already (process ${pid}).`, {
        advice: `Stop it with Ctrl-C where it runs, or: kill ${pid}`,
      });
    }
    let ended = 0;
    for (const child of children.reverse()) ended += (await endLeftover(child)) ? 1 : 0;
    if (ended > 0) say(`Ended ${ended} process${ended === 1 ? '' : 'es'} that a killed run had left behind.`);
  }
  const children = [];
  const write = () =>
    writeFileSync(
      file,
      `${JSON.stringify({ pid: process.pid, script: path.basename(process.argv[1] ?? 'node'), children })}\n`,
    );
  write();
  return {
    /** @param {{ pid: number | undefined, mark: string, signal?: string }} child `mark` is in its command line */
    note(child) {
      if (child.pid === undefined) return;
      children.push(child);
      write();
    },
    release() {
      rmSync(file, { force: true });
    },
  };
}
