import type { WriteStream } from 'node:tty';
import { askAt } from './askAt.js';
import { askUnseenAt } from './shell/askUnseen.js';
import { runCli } from './program.js';
import type { Screen } from './watch.js';

// `sluice … | head` closes the pipe when it has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const interrupted = new AbortController();

process.exitCode = await runCli(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  cwd: process.cwd(),
  columns: process.stdout.columns,
  screen: process.stdout.isTTY ? screenAt(process.stdout) : undefined,
  askUnseen:
    process.stdin.isTTY && process.stderr.isTTY ? askUnseenAt(process.stdin, process.stderr) : undefined,
  ask: process.stdin.isTTY && process.stderr.isTTY ? askAt(process.stdin, process.stderr) : undefined,
});
// A request that is under way keeps the process for as long as it takes.
if (interrupted.signal.aborted) process.exit();

function screenAt(terminal: WriteStream): () => Screen {
  return () => {
    process.once('SIGINT', () => interrupted.abort());
    return {
      write: (text) => void terminal.write(text),
      get rows() {
        return terminal.rows;
      },
      get columns() {
        return terminal.columns;
      },
      onResize: (redraw) => void terminal.on('resize', redraw),
      ended: interrupted.signal,
    };
  };
}
