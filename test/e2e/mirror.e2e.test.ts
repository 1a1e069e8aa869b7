import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { MIRROR, runMirrorJob } from '../../scripts/lib/mirrorJob.mjs';
import { createProgress } from '../../scripts/lib/progress.mjs';
import { summarizeMirror } from '../../scripts/lib/verdict.mjs';
import { startStack, type Stack } from '../support/stack.js';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
}, 60_000);
afterAll(() => stack?.stop(), 30_000);

it('what `npm start` shows of the mirror: 5,000 contacts, 500 companies and 200 edits, none missing, none too many, each change told once, without a 429', async () => {
  const said: string[] = [];
  const found = await runMirrorJob({
    ...{ sandboxUrl: stack.sandboxProcess.url, apiUrl: stack.apis[0]!.url, apiKey: stack.secrets.apiKey },
    portalId: await stack.connectPortal(),
    progress: { ...createProgress({ tty: false }), say: (line = '') => said.push(line) },
  });
  const { rows, problems } = summarizeMirror(found, MIRROR);
  expect(problems).toEqual([]);
  expect(Object.fromEntries(rows)).toMatchObject({
    mirrored: '500 companies, 5000 contacts',
    actions: '5500 Created, 200 Updated',
    missing: '0',
    ghosts: '0',
    '429s': '0',
  });
  expect(said.at(-1)).toContain('5500 of 5500 records mirrored');
}, 90_000);
