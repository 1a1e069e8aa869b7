import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { NODE_FLAGS } from '../../../scripts/lib/nodeFlags.mjs';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

it('are the same wherever our processes are started', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  for (const name of ['api', 'intake', 'worker'])
    expect(scripts[name]).toMatch(new RegExp(`^node ${NODE_FLAGS.join(' ')} --import tsx `));
  const commands = [
    ...read('Dockerfile').matchAll(/^CMD (\["node".*\])$/gm),
    ...read('template/Dockerfile').matchAll(/^CMD (\["node".*\])$/gm),
    ...read('docker-compose.yml').matchAll(/command: (\[.*dist\/.*\])$/gm),
  ].map(([, list = '']) => JSON.parse(list.replaceAll("'", '"')) as string[]);
  expect(commands.length).toBeGreaterThan(1);
  for (const command of commands) expect(command.slice(0, -1)).toEqual(['node', ...NODE_FLAGS]);
});
