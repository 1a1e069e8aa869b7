import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseCommandLine } from '../../../scripts/lib/commandLine.mjs';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const usage = 'npm run tool -- [FILE …] [--fast]\n\n  --fast   less thorough';
const parse = (...args: string[]) =>
  parseCommandLine(
    {
      usage,
      allowPositionals: true,
      options: { fast: { type: 'boolean' }, to: { type: 'string', short: 't' } },
    },
    args,
  );

describe('a command line', () => {
  it('gives its options and words', () => {
    const { values, positionals } = parse('a', '--fast', '-t', 'b') as ReturnType<typeof parseCommandLine> & {
      values: object;
      positionals: string[];
    };
    expect({ ...values }).toEqual({ fast: true, to: 'b' });
    expect(positionals).toEqual(['a']);
  });

  it.each(['--help', '-h'])('with %s prints how the command is used', (option) => {
    expect(parse('a', option, '--unknown')).toEqual({ ends: { code: 0, text: usage } });
  });

  it.each([
    [['--slow'], "Unknown option '--slow'"],
    [['-x'], "Unknown option '-x'"],
    [['-t'], "Option '-t, --to <value>' argument missing"],
    [['--fast=yes'], "Option '--fast' does not take an argument"],
  ])('that is %p is refused in one line', (args, problem) => {
    const text = `${problem}. --help shows how npm run tool is used.`;
    expect(parse(...args)).toEqual({ ends: { code: 1, text } });
  });

  it('refuses a word where none is taken', () => {
    expect(parseCommandLine({ usage, options: {} }, ['a'])).toEqual({
      ends: { code: 1, text: "Unexpected argument 'a'. --help shows how npm run tool is used." },
    });
  });
});

/** These take everything from the environment, and have no options. */
const PROCESSES = ['api', 'intake', 'worker', 'sandbox'];

const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};
const OURS = Object.entries(scripts).filter(
  ([name, command]) => /^node (--import tsx )?[\w/]+\.(mjs|ts)$/.test(command) && !PROCESSES.includes(name),
);

describe.each(OURS)('npm run %s', (_name, command) => {
  const run = (option: string) =>
    spawnSync(process.execPath, [...command.split(' ').slice(1), option], {
      cwd: ROOT,
      encoding: 'utf8',
      timeout: 9000,
      // Nothing that it could work on.
      env: { PATH: process.env.PATH },
    });

  it('prints its help', () => {
    const { status, stdout, stderr } = run('--help');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^(Usage: )?npm (start|test|run \w+)( |\n)/);
  });

  it('refuses an option that it does not have in one line', () => {
    const { status, stdout, stderr } = run('--no-such-option');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^.*unknown option '--no-such-option'.*\n$/i);
  });
});
