import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cachedBinary, storeBinary } from './binary.mjs';
import { runCommand } from './child.mjs';
import { npmCommand } from './install.mjs';
import { inHome, ROOT } from './paths.mjs';
import { Trouble } from './trouble.mjs';

/**
 * The versions of Node on which the tests can run beside the installed one, by major version, with the SHA-512 of the
 * npm package that has the binary for a platform. Node 20 is the oldest that Sluice takes, 26 the newest on which it
 * is tried.
 */
export const NODE_VERSIONS = {
  22: {
    version: '22.23.3',
    integrity: {
      'linux-x64':
        'sha512-qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==',
      'linux-arm64':
        'sha512-l3DAHZreylo+p9QXDtsOrjG2JXJqVzYXnAGmIQNOUNARcMppTO2cmewVQP+36tjJnSE+dzpMNtgW+c3oiDvXtA==',
    },
  },
  24: {
    version: '24.21.0',
    integrity: {
      'linux-x64':
        'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
      'linux-arm64':
        'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
    },
  },
  26: {
    version: '26.10.0',
    integrity: {
      'linux-x64':
        'sha512-OmAztarr1gK4PD+sNyoku4N5Q40d8eqMuLjNa/zRvxF33aCsVKVIQLs4V5HYPWSWWlMiTdkmbZE/6Phigma0hw==',
      'linux-arm64':
        'sha512-idArV/cmqW9M9ODyGlbOIiyxFourDh1mJB0SdKCdMbSZjjef9CLEN3o1/eE4yf+B0+5BD+F74MpTTHiB3XXTBQ==',
    },
  },
};

/** The version on which CI runs integration and e2e a second time. */
export const NEWEST_NODE = Object.keys(NODE_VERSIONS).at(-1);

/**
 * A pinned Node from npm: the package for this platform that `npm install node` would install, without an install
 * script. The binary is kept in a folder of its own, which can be put on a PATH.
 *
 * @param {string} major one of NODE_VERSIONS
 * @param {{ platform?: string, cache?: string }} [options]
 * @returns {Promise<{ file: string, folder: string, version: string, from: string }>}
 */
export async function provideNode(
  major,
  { platform = `${process.platform}-${process.arch}`, cache = inHome('node') } = {},
) {
  const { version, integrity } = pinnedNode(major);
  const expected = integrity[platform];
  if (!expected) {
    throw new Trouble(`No package of Node ${version} is pinned for ${platform}.`, {
      advice: `Put a Node ${major} on the PATH and run the tests with it instead: node scripts/test.mjs …`,
    });
  }
  const wanted = { name: 'node', version };
  const folder = path.join(cache, version);
  const cached = cachedBinary(wanted, folder);
  if (cached) return { file: cached, folder, version, from: path.relative(ROOT, folder) };
  const requirement = `node-${platform}@${version}`;
  const bytes = await binaryFromPackage(requirement, expected);
  return {
    file: storeBinary(wanted, { bytes, source: requirement }, folder),
    folder,
    version,
    from: requirement,
  };
}

/** What is pinned for a major version; throws a Trouble that names the others when nothing is. */
export function pinnedNode(major) {
  const pinned = Object.hasOwn(NODE_VERSIONS, major) ? NODE_VERSIONS[major] : undefined;
  if (pinned) return pinned;
  const majors = Object.keys(NODE_VERSIONS).join(', ');
  throw new Trouble(`There is no Node ${major} to run the tests on; there are ${majors}.`);
}

/** The bytes of `bin/node` in an npm package, whose hash must be the pinned one. */
async function binaryFromPackage(requirement, expected) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-node-'));
  try {
    const [command, ...prefix] = npmCommand();
    await runCommand(command, [...prefix, 'pack', requirement, '--pack-destination', folder], {
      cwd: ROOT, // the registry that `npm ci` has asked, if a .npmrc names one
      what: `npm pack ${requirement}`,
      advice: 'A package registry must be reachable, as for `npm ci`.',
    });
    const name = readdirSync(folder).find((one) => one.endsWith('.tgz'));
    if (!name) throw new Trouble(`npm pack ${requirement} left no package.`);
    const archive = path.join(folder, name);
    const actual = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
    if (actual !== expected) {
      throw new Trouble(`${requirement} has the hash ${actual}, but ${expected} is what it must have.`, {
        advice: 'It was not used: something between here and the package registry changes files.',
      });
    }
    const member = 'package/bin/node';
    await runCommand('tar', ['-xzf', archive, '-C', folder, member], { what: `unpacking ${requirement}` });
    return readFileSync(path.join(folder, member));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
