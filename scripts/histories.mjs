#!/usr/bin/env node
import { spawnSync } from 'node:child_process';
import { readCommandLine } from './lib/commandLine.mjs';
import { ROOT } from './lib/paths.mjs';
import { findTestServer } from './lib/testServer.mjs';

readCommandLine({
  usage: `npm run histories

Records the histories of the workflows for the replay test, on the time-skipping server.
docs/testing.md says when that is due.`,
});

const { file } = await findTestServer({ say: (line) => process.stderr.write(`${line}\n`) });
const { status } = spawnSync(process.execPath, ['--import', 'tsx', 'test/histories/record.ts'], {
  cwd: ROOT,
  stdio: 'inherit',
  env: { ...process.env, TEMPORAL_TEST_SERVER: file },
});
process.exit(status ?? 1);
