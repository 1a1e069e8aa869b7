import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { packageToDependOn } from '../../../src/cli/definitions/packageToDependOn.js';
import { writeProject } from '../../../src/cli/definitions/writeProject.js';
import { runCli } from '../../../src/cli/program.js';

interface Compose {
  readonly name: string;
  readonly services: Record<
    string,
    { command?: string[]; build?: unknown; volumes?: string[]; depends_on?: Record<string, unknown> }
  >;
}

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'sluice-project-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('a project that sluice new writes', () => {
  const write = () => writeProject(path.join(dir, 'shop'), 'shop', { from: 'registry', range: '^1.2.3' });
  const read = (file: string) => readFileSync(path.join(dir, 'shop', file), 'utf8');

  it('has its files, and what git and images leave out', () => {
    const files = write();
    expect(files).toEqual(
      expect.arrayContaining([
        ...['.dockerignore', '.env.example', '.gitignore', 'Dockerfile', 'README.md', 'compose.yaml'],
        ...[
          'actions/greet.ts',
          'events/orderPlaced.ts',
          'package.json',
          'sluice.config.ts',
          'test/orderPlaced.test.ts',
        ],
      ]),
    );
    expect(files.filter((file) => !existsSync(path.join(dir, 'shop', file)))).toEqual([]);
    expect(files).not.toContain('gitignore');
    expect(read('.gitignore')).toContain('.env\n');
    expect(read('README.md')).toMatch(/^# shop\n/);
    expect(JSON.parse(read('package.json'))).toMatchObject({
      ...{ name: 'shop', type: 'module', dependencies: { sluice: '^1.2.3' } },
      scripts: { start: 'sluice start', test: expect.stringContaining('--test') },
    });
  });

  it('keeps the tarball of the package in it, so that whoever has the project has that, too', () => {
    const file = path.join(dir, 'sluice-1.2.3.tgz');
    writeFileSync(file, 'a package');
    writeProject(path.join(dir, 'shop'), 'shop', { from: 'tarball', file });
    expect(read('vendor/sluice-1.2.3.tgz')).toBe('a package');
    const manifest = JSON.parse(read('package.json')) as { dependencies: { sluice: string } };
    expect(manifest.dependencies.sluice).toBe('file:vendor/sluice-1.2.3.tgz');
  });

  it('has a compose file in which migrations go before API, intake and worker, and nothing is of a checkout', () => {
    write();
    const text = read('compose.yaml');
    const { name, services } = parse(text, { merge: true }) as Compose;
    expect(name).toBe('shop');
    expect(Object.keys(services)).toEqual(
      expect.arrayContaining(['db', 'temporal', 'migrate', 'web', 'intake', 'worker']),
    );
    expect(services).not.toHaveProperty('test');
    for (const one of ['web', 'intake', 'worker'])
      expect(services[one]?.depends_on).toHaveProperty('migrate');
    const programs = Object.values(services).flatMap(({ command = [] }) =>
      command.filter((word) => word.endsWith('.js')),
    );
    expect(programs).toHaveLength(4);
    for (const program of programs) {
      expect(program).toMatch(/^node_modules\/sluice\/dist\//);
      const source = program.replace('node_modules/sluice/dist', 'src').replace(/\.js$/, '.ts');
      expect(existsSync(source)).toBe(true);
    }
    const mounted = Object.values(services).flatMap(({ volumes = [] }) =>
      volumes.flatMap((one) => /^\.\/([^:]+):/.exec(one)?.[1] ?? []),
    );
    expect(mounted.length).toBeGreaterThan(2);
    expect(mounted.filter((file) => !existsSync(path.join(dir, 'shop', file)))).toEqual([]);
    expect(text).not.toMatch(/docker\/test\.sh|'dist\/|run --rm test/);
  });
});

describe('sluice new', () => {
  const sluice = async (...args: string[]) => {
    let err = '';
    const io = { out: () => undefined, err: (text: string) => void (err += text), env: {}, cwd: dir };
    return { code: await runCli(args, io), err };
  };

  it('writes over nothing', async () => {
    writeFileSync(path.join(dir, 'precious.txt'), 'mine');
    const { code, err } = await sluice('new', dir);
    expect(code).toBe(1);
    expect(err).toContain(`${dir} is not empty`);
  });

  it('refuses a name that npm would refuse', async () => {
    expect(await sluice('new', path.join(dir, '_x'))).toMatchObject({ code: 2 });
  });

  it('says of a checkout how a package is made of it', async () => {
    const { code, err } = await sluice('new', path.join(dir, 'shop'));
    expect(code).toBe(1);
    expect(err).toMatch(/`npm run package`[^]*npm exec --package/);
    expect(existsSync(path.join(dir, 'shop'))).toBe(false);
  });
});

describe('the package that a project depends on', () => {
  const installed = (entry: object) => {
    const root = path.join(dir, 'node_modules/sluice');
    mkdirSync(root, { recursive: true });
    const packages = { 'node_modules/sluice': { version: '1.2.3', ...entry } };
    writeFileSync(path.join(dir, 'node_modules/.package-lock.json'), JSON.stringify({ packages }));
    return root;
  };

  it('is the one of the registry where npm had it from there', () => {
    const root = installed({ resolved: 'https://registry.example.com/sluice-1.2.3.tgz' });
    expect(packageToDependOn(root)).toEqual({ from: 'registry', range: '^1.2.3' });
  });

  it('is the tarball that npm was given, and it says where that is gone', () => {
    const root = installed({ resolved: 'file:../my%20files/sluice-1.2.3.tgz' });
    expect(() => packageToDependOn(root)).toThrow('is gone');
    const file = path.join(dir, '../my files/sluice-1.2.3.tgz');
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, 'a package');
    try {
      expect(packageToDependOn(root)).toEqual({ from: 'tarball', file });
    } finally {
      rmSync(path.dirname(file), { recursive: true });
    }
  });
});
