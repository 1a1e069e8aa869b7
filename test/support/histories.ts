import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

export const HISTORIES = path.resolve(import.meta.dirname, '../histories');
const WORKFLOWS = path.resolve(import.meta.dirname, '../../src/workflows');

/** Names the state of the workflow code: histories carry it in their file names. */
export async function workflowFingerprint(): Promise<string> {
  const hash = createHash('sha256');
  const files = (await readdir(WORKFLOWS, { recursive: true })).filter((name) => name.endsWith('.ts'));
  for (const file of files.sort((a, b) => path.basename(a).localeCompare(path.basename(b)))) {
    // Spaces, comments and the place of a file change no decision.
    const code = (await readFile(path.join(WORKFLOWS, file), 'utf8'))
      .replace(/^(?:import|export \{)[^;]*;$/gm, '')
      .replace(/\/\*[^]*?\*\/|\/\/.*$/gm, '')
      .replace(/\s+/g, '');
    hash.update(path.basename(file)).update(code);
  }
  return hash.digest('hex').slice(0, 8);
}

export async function storedHistories(): Promise<{ file: string; history: unknown }[]> {
  const files = (await readdir(HISTORIES)).filter((name) => name.endsWith('.json')).sort();
  return Promise.all(
    files.map(async (file) => ({
      file,
      history: JSON.parse(await readFile(path.join(HISTORIES, file), 'utf8')) as unknown,
    })),
  );
}
