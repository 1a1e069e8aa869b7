import { PassThrough } from 'node:stream';
import { expect, it } from '@jest/globals';
import { askAt } from '../../../src/cli/askAt.js';

it.each([
  ['a line', 'y\n', 'y'],
  ['nothing: the input ended', '', ''],
])('who is asked gives %s', async (_, typed, answer) => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  input.end(typed);
  expect(await askAt(input, output)('Go on? ')).toBe(answer);
  expect(String(output.read())).toContain('Go on? ');
});
