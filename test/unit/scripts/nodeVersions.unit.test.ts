import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { storeBinary } from '../../../scripts/lib/binary.mjs';
import { NEWEST_NODE, NODE_VERSIONS, pinnedNode, provideNode } from '../../../scripts/lib/nodeVersions.mjs';

const ROOT = path.resolve(import.meta.dirname, '../../..');

describe('the versions of Node that the tests can run on', () => {
  let cache: string;
  beforeEach(async () => {
    cache = await mkdtemp(path.join(os.tmpdir(), 'sluice-nodes-'));
  });
  afterEach(() => rm(cache, { recursive: true }));

  it('are pinned, with the hash of the package of each platform', () => {
    for (const [major, { version, integrity }] of Object.entries(NODE_VERSIONS)) {
      expect(version).toMatch(new RegExp(`^${major}\\.\\d+\\.\\d+$`));
      expect(Object.keys(integrity)).toContain('linux-x64');
      for (const hash of Object.values(integrity)) expect(hash).toMatch(/^sha512-[\w+/]{86}==$/);
    }
    expect(Number(NEWEST_NODE)).toBe(Math.max(...Object.keys(NODE_VERSIONS).map(Number)));
  });

  it('are those that the README names', async () => {
    const majors = ['20', ...Object.keys(NODE_VERSIONS)];
    const named = `${majors.slice(0, -1).join(', ')} and ${majors.at(-1)}`;
    expect(await readFile(path.join(ROOT, 'README.md'), 'utf8')).toContain(named);
  });

  it('include no other', () => {
    for (const major of ['21', 'constructor', '26.1'])
      expect(() => pinnedNode(major)).toThrow(
        `There is no Node ${major} to run the tests on; there are 22, 24, 26.`,
      );
  });

  it('come from the cache where one is there already', async () => {
    const { version } = pinnedNode('26');
    const folder = path.join(cache, version);
    const file = storeBinary(
      { name: 'node', version },
      { bytes: Buffer.from('node'), source: 'npm' },
      folder,
    );
    expect(await provideNode('26', { platform: 'linux-x64', cache })).toMatchObject({
      file,
      folder,
      version,
    });
  });

  it('are refused for a platform of which no hash is known', async () => {
    await expect(provideNode('26', { platform: 'plan9-mips', cache })).rejects.toMatchObject({
      message: 'No package of Node 26.10.0 is pinned for plan9-mips.',
      advice: expect.stringContaining('Put a Node 26 on the PATH'),
    });
  });
});
