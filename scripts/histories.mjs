#!/usr/bin/env node
/** `npm run histories`: records the workflows' histories for the replay test, on the time-skipping server. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { findTestServer } from './lib/testServer.mjs';

const root = path.resolve(import.meta.dirname, '..');
const { file } = await findTestServer({ say: (line) => process.stderr.write(`${line}\n`) });
const { status } = spawnSync(process.execPath, ['--import', 'tsx', 'test/histories/record.ts'], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, TEMPORAL_TEST_SERVER: file },
});
process.exit(status ?? 1);
