import { askAt } from './askAt.js';
import { askUnseenAt } from './shell/askUnseen.js';
import { runCli } from './program.js';

// `sluice … | head` closes the pipe when it has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await runCli(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  cwd: process.cwd(),
  columns: process.stdout.columns,
  askUnseen:
    process.stdin.isTTY && process.stderr.isTTY ? askUnseenAt(process.stdin, process.stderr) : undefined,
  ask: process.stdin.isTTY && process.stderr.isTTY ? askAt(process.stdin, process.stderr) : undefined,
});
