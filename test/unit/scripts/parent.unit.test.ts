import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';

describe('A process that was started by another one', () => {
  it('finds out that the other one was killed', async () => {
    const module = JSON.stringify(path.resolve('scripts/lib/parent.mjs'));
    const child = `import(${module}).then(async ({ parentEnded }) => {
      const ended = parentEnded({ everyMs: 20 });
      console.log('begun');
      setTimeout(() => process.exit(), 10_000);
      await ended;
      console.log('alone');
      process.exit();
    })`;
    const parent = spawn(
      process.execPath,
      [
        '-e',
        `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'inherit' })`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const lines = createInterface({ input: parent.stdout });
    const said: string[] = [];
    lines.on('line', (line) => {
      said.push(line);
      if (line === 'begun') parent.kill('SIGKILL');
    });
    await once(lines, 'close');
    expect(said).toEqual(['begun', 'alone']);
  });
});
