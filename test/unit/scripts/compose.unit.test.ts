import { access, readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { environmentSchema } from '../../../src/platform/config/config.js';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const read = (file: string) => readFile(path.join(ROOT, file), 'utf8');

/** What every service of ours is given. */
const SHARED = '*sluice-environment';
/** The owner's login: whoever serves requests must not have it. */
const FOR_MIGRATIONS = ['DATABASE_ADMIN_URL'];
/** Kills the process, and production refuses it: no container is to have it. */
const FOR_TESTS = ['CRASH_POINT'];

describe('docker-compose.yml', () => {
  let compose: string;
  let services: Map<string, string>;

  beforeAll(async () => {
    compose = await read('docker-compose.yml');
    const [, text = ''] = /^services:\n([^]*?)^volumes:/m.exec(compose) ?? [];
    services = new Map(
      [...text.matchAll(/^ {2}([\w-]+):\n((?: {3,}.*\n|\n| {2}#.*\n)*)/gm)].map(
        ([, name = '', body = '']) => [name, body],
      ),
    );
  });

  it('hands every variable of the configuration to every process of ours, under its own name', () => {
    const [, list = ''] = /environment: &sluice-environment\n((?: {4}.*\n)+)/.exec(compose) ?? [];
    const given = [...list.matchAll(/^ {4}([A-Z_]+): /gm)].map(([, name = '']) => name);
    const withheld = [...FOR_MIGRATIONS, ...FOR_TESTS];
    const wanted = Object.keys(environmentSchema.shape).filter((name) => !withheld.includes(name));
    expect([...given].sort()).toEqual([...wanted].sort());
    // What is not dictated by the network comes from the variable of the same name.
    const crossed = [...list.matchAll(/^ {4}([A-Z_]+): \$\{([A-Z_]+)/gm)].filter(([, a, b]) => a !== b);
    expect(crossed.map(([line]) => line)).toEqual([]);

    const ours = [...services].filter(([, body]) => /<<: \*sluice$/m.test(body) || body.includes(SHARED));
    expect(ours.map(([name]) => name).sort()).toEqual(['intake', 'test', 'web', 'worker']);
    // A service that names an environment of its own keeps the shared one.
    for (const [, body] of ours) if (/^ {4}environment:/m.test(body)) expect(body).toContain(`<<: ${SHARED}`);
    const owners = ours.filter(([, body]) => FOR_MIGRATIONS.some((name) => body.includes(`${name}:`)));
    expect(owners.map(([name]) => name)).toEqual(['test']);
  });

  it('takes from .env only what .env.example shows', async () => {
    const shown = new Set(
      [...(await read('.env.example')).matchAll(/^(?:# )?([A-Z_]+)=/gm)].map(([, name]) => name),
    );
    const taken = [...compose.matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name);
    expect(taken.filter((name) => !shown.has(name))).toEqual([]);
  });

  it('has the services db, test, web and worker; the others start when migrations and tests have succeeded', async () => {
    for (const name of ['db', 'test', 'web', 'worker']) expect([...services.keys()]).toContain(name);
    expect(services.get('web')).toMatch(
      /depends_on: &after-test\n {6}test:\n {8}condition: service_completed_successfully\n/,
    );
    for (const name of ['intake', 'worker'])
      expect(services.get(name)).toContain('depends_on: *after-test\n');
    expect(services.get('test')).toContain('target: test\n');
    expect(services.get('test')).toContain("command: ['/bin/sh', 'docker/test.sh']");
    expect(await read('Dockerfile')).toMatch(/^FROM build AS test$/m);
    const script = await read('docker/test.sh');
    expect(script.indexOf('dist/cli/migrate.js')).toBeGreaterThan(0);
    expect(script.indexOf('scripts/test.mjs')).toBeGreaterThan(script.indexOf('dist/cli/migrate.js'));
    expect(script).toMatch(/^set -eu$/m);
  });

  it('has the command line where the documents say: a script that the image has, in a service with the environment that it needs', async () => {
    const page = await read('docs/operations.md');
    const recipes = [
      ...page.matchAll(/^docker compose (exec|run --rm)(?: -\S+ \S+)* (\w+) node (\S+)(?: (\w[\w-]*))?/gm),
    ];
    expect(recipes.length).toBeGreaterThanOrEqual(4);
    const dockerfile = await read('Dockerfile');
    const [testStage = '', image = ''] = [
      /^FROM build AS test$[^]*?(?=^FROM )/m,
      /^FROM \$\{NODE_IMAGE\}$[^]*/m,
    ].map((stage) => stage.exec(dockerfile)?.[0]);
    for (const [, how, service = '', script = '', noun] of recipes) {
      const body = services.get(service) ?? '';
      const stage = body.includes('target: test') ? testStage : image;
      // A command in a service that stays is executed in it; the other one has ended long ago.
      expect({ service, how }).toEqual({ service, how: service === 'test' ? 'run --rm' : 'exec' });
      const [folder = ''] = script.split('/');
      expect(stage.includes('COPY . .') || stage.includes(`COPY ${folder} ${folder}`)).toBe(true);
      const source = script.startsWith('dist/') ? script.replace(/^dist\/(.*)\.js$/, 'src/$1.ts') : script;
      await access(path.join(ROOT, source));
      const onDatabase = noun !== undefined && ['keys', 'workspaces', 'backup', 'restore'].includes(noun);
      if (onDatabase) expect(body).toContain('DATABASE_ADMIN_URL:');
    }
    // What is there to run the command line has no entry point of its own in the way.
    expect(dockerfile).not.toContain('ENTRYPOINT');
  });

  it('names as what a service waits for only services that there are', () => {
    const awaited = [...compose.matchAll(/^ {6}([\w-]+):\n {8}condition: /gm)].map(([, name = '']) => name);
    expect(awaited.length).toBeGreaterThan(4);
    expect(awaited.filter((name) => !services.has(name))).toEqual([]);
  });

  it('opens ports on this machine alone', () => {
    const published = [...compose.matchAll(/^ {6}- '([^']*:\d+)'$/gm)].map(([, port = '']) => port);
    expect(published).toHaveLength(3);
    expect(published.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it('mounts files that exist, and copies for the tests what they read', async () => {
    const mounted = [...compose.matchAll(/^\s+- (\.\/[^:]+):/gm)].map(([, file = '']) => file);
    expect(mounted.length).toBeGreaterThan(0);
    await Promise.all(mounted.map((file) => access(path.join(ROOT, file))));
    const ignored = await read('.dockerignore');
    for (const entry of ['test', 'scripts', 'sandbox', 'docs', 'docker', 'jest.config.js'])
      expect(ignored).toMatch(new RegExp(`^!${entry.replace('.', '\\.')}$`, 'm'));
    expect(ignored).not.toMatch(/^!\.env$/m);
  });

  it('makes the search attributes that the dev server of npm start has', async () => {
    const { SEARCH_ATTRIBUTES } = await import('../../../scripts/lib/temporal.mjs');
    const script = await read('docker/temporal/namespace.sh');
    expect(script).toContain(`for attribute in ${SEARCH_ATTRIBUTES.join(' ')}; do`);
  });
});
