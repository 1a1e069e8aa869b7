import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandLine, endLeftover, isAlive } from './processes.mjs';
import { Trouble } from './trouble.mjs';

/**
 * Claims a folder for one run. The claim notes the processes that the run starts. When a run is killed, its guard ends
 * them within seconds; what is left where that was killed, too, the next run ends, because it still holds ports and
 * data.
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
  const guard = startGuard();
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
      guard.write(`${JSON.stringify(child)}\n`);
    },
    release() {
      guard.end();
      rmSync(file, { force: true });
    },
  };
}

/** In a group of its own, which neither Ctrl-C nor the end of a terminal reaches; it keeps nobody from ending. */
function startGuard() {
  const guard = spawn(process.execPath, [fileURLToPath(new URL('guard.mjs', import.meta.url))], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.unref();
  guard.stdin.unref();
  guard.stdin.on('error', () => {}); // it was killed: then the next run ends what is left
  return guard.stdin;
}
