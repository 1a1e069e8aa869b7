import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { start, type REPLServer } from 'node:repl';
import { promisify, types } from 'node:util';
import type { ShellHelpers } from './shellHelpers.js';

/** A line with one of these is not kept: it may hold what nobody else should read. */
const SECRET = /slc_|pat-|bearer|secret|token|password|authorization|\bkey\b/i;

/** A prompt at the terminal. Resolves when it has ended. */
export async function startPrompt({
  prompt,
  helpers,
  stateHome,
}: {
  prompt: string;
  helpers: ShellHelpers;
  /** Where programs of this person keep what they remember. */
  stateHome: string;
}): Promise<void> {
  const server = start({ prompt, useGlobal: true, ignoreUndefined: true });
  const ended = once(server, 'exit');
  Object.assign(server.context, helpers);
  waitForPromises(server);
  await keepHistory(server, stateHome);
  await ended;
}

/** A promise is waited for, and what it comes to is shown: `lanes()` needs no await. */
function waitForPromises(server: REPLServer): void {
  const plain = server.eval;
  const waiting: typeof plain = function (code, context, file, done) {
    plain.call(server, code, context, file, (error, value: unknown) => {
      if (error !== null || !types.isPromise(value)) done(error && short(error), value);
      else
        value.then(
          (late) => done(null, late),
          (failure: unknown) => done(short(failure), undefined),
        );
    });
  };
  Object.assign(server, { eval: waiting });
}

/** What the API refused is said in its words, without the lines of this program. */
function short(failure: unknown): Error {
  if (!types.isNativeError(failure)) return new Error(String(failure));
  if ('status' in failure || failure.name === 'CliError')
    failure.stack = `${failure.name}: ${failure.message}`;
  return failure;
}

async function keepHistory(server: REPLServer, stateHome: string): Promise<void> {
  const folder = path.join(stateHome, 'sluice');
  const file = path.join(folder, 'shell_history');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (existsSync(file)) chmodSync(file, 0o600);
  server.on('history', (lines: string[]) => {
    if (SECRET.test(lines[0] ?? '')) lines.shift();
  });
  await promisify(server.setupHistory.bind(server))(file);
}
