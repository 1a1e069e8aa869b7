import childProcess from 'node:child_process';
import { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { fileURLToPath } from 'node:url';

/*
 * Preloaded into a worker that is started again and again: it gets the bundle of the workflows that was made once
 * (CRASHPOINTS_BUNDLE), instead of making it anew, which is most of what a start costs. Run by itself, this file takes
 * the bundler's place.
 */
const bundle = process.env['CRASHPOINTS_BUNDLE'];

if (bundle !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) {
  process.send({ code: readFileSync(bundle, 'utf8') }, () => process.disconnect());
} else if (bundle !== undefined) {
  const { fork } = childProcess;
  childProcess.fork = (file, args, options) =>
    /\/src\/worker\/bundler\.ts$/.test(String(file))
      ? fork(fileURLToPath(import.meta.url), [], { ...options, execArgv: [] })
      : fork(file, args, options);
  syncBuiltinESMExports();
}
