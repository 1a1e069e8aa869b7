#!/usr/bin/env node
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { readCommandLine } from './lib/commandLine.mjs';
import { ROOT } from './lib/paths.mjs';

const { values } = readCommandLine({
  usage: `npm run fuzz [-- --rows N] [--seed N]

Feeds random rows to the inbox of the outbox: each is refused or ends in a named state, and holds up nobody else.
\`npm test\` does so with a sample. The title of the test says the seed that repeats a run.`,
  options: { rows: { type: 'string', default: '10000' }, seed: { type: 'string' } },
});

const { status } = spawnSync(
  process.execPath,
  [path.join(ROOT, 'scripts/test.mjs'), 'integration', 'inboxFuzz'],
  {
    cwd: ROOT,
    stdio: 'inherit',
    env: {
      ...process.env,
      FUZZ_ROWS: values.rows,
      ...(values.seed !== undefined && { FUZZ_SEED: values.seed }),
    },
  },
);
process.exit(status ?? 1);
