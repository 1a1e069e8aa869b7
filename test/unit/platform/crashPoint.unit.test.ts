import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';

const ROOT = path.resolve(import.meta.dirname, '../../..');

/** Passes a crash point three times in a process of its own. */
function passThrice(point: string) {
  const script = `
    import { armCrashPoint, crashPoint } from './src/platform/crashPoint.ts';
    armCrashPoint(${point});
    for (let n = 1; n <= 3; n += 1) { console.log(n); crashPoint('a.b.c'); }`;
  const { signal, status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', script],
    { cwd: ROOT, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } },
  );
  return { end: signal ?? status, passed: stdout.trim().split('\n').length, said: stderr };
}

describe('a crash point', () => {
  it('does nothing where none is armed, or another', () => {
    expect(passThrice('undefined')).toEqual({ end: 0, passed: 3, said: '' });
    expect(passThrice(`{ label: 'a.b.d', hit: 1 }`)).toEqual({ end: 0, passed: 3, said: '' });
  });

  it('kills the process at the passing for which it is armed, and says so', () => {
    expect(passThrice(`{ label: 'a.b.c', hit: 1 }`)).toEqual({
      end: 'SIGKILL',
      passed: 1,
      said: '{"crashPoint":"a.b.c","hit":1}\n',
    });
    expect(passThrice(`{ label: 'a.b.c', hit: 2 }`)).toMatchObject({ end: 'SIGKILL', passed: 2 });
  });
});
