import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type ApiHarness } from '../integration/http/harness.js';
import { copyCheckout } from '../support/checkoutCopy.js';
import { ROOT } from '../support/process.js';

const run = promisify(execFile);
const TSC = path.join(ROOT, 'node_modules/typescript/bin/tsc');
const npm = (args: string[], cwd: string) =>
  run('npm', args, { cwd, maxBuffer: 16 * 1024 * 1024, env: { ...process.env, npm_config_audit: 'false' } });

const PROGRAM = `import { createClient, SluiceError } from 'sluice/client';
import { createOutbox, defineEvent } from 'sluice/outbox';

const sluice = createClient({ url: process.env.SLUICE_API_URL!, key: process.env.SLUICE_API_KEY! });
const { name } = await sluice.get('/api/workspace');
const missing: unknown = await sluice
  .get('/api/lanes/{id}', { params: { path: { id: '1' } } })
  .catch((error: unknown) => error);
const outbox = createOutbox({ enabled: false });
const tx = { query: () => Promise.reject(new Error('nothing is captured here')) };
const payload = { driverId: 'd', email: 'd@example.com' };
const { status } = await outbox.trackEvent(tx, 'driver_signed_up', payload);
console.log(JSON.stringify([name, missing instanceof SluiceError && missing.type, status, typeof defineEvent]));
`;

/** All that the tarball holds. */
const KINDS = [
  /^dist\/(?:\w+\/)*\w+\.(?:js|d\.ts|js\.map)$/,
  /^dist\/cli\/shell\/commands\.json$/,
  /^bin\/\w+\.mjs$/,
  /^docs\/(?:\w+\/)*[\w-]+\.(?:md|yml|yaml|json|png|svg)$/,
  /^migrations\/(?:\w+\/)*\w+\.(?:sql|json)$/,
  /^(?:CHANGELOG|LICENSE|README|SECURITY)(?:\.md)?$/,
  /^package\.json$/,
];

/** What somebody has who installs the package: in a project that is empty but for it. */
describe('the packed package', () => {
  let copy: ReturnType<typeof copyCheckout>;
  let project: string;
  let api: ApiHarness;
  let files: string[];

  beforeAll(async () => {
    api = await startApi();
    copy = copyCheckout('package');
    await npm(['run', 'build'], copy.dir).catch((error: unknown) => {
      throw new Error((error as { stdout: string }).stdout);
    });
    const { stdout } = await npm(['pack', '--json'], copy.dir);
    const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
    files = packed.files.map((file) => file.path);
    project = mkdtempSync(path.join(os.tmpdir(), 'sluice-package-'));
    writeFileSync(path.join(project, 'package.json'), '{"name":"shop","private":true,"type":"module"}');
    const tarball = path.join(copy.dir, packed.filename);
    await npm(['install', '--prefer-offline', '--omit=optional', '--no-fund', tarball], project);
  }, 240_000);
  afterAll(async () => {
    copy?.remove();
    if (project) rmSync(project, { recursive: true, force: true });
    await api?.close();
  });

  it('holds what runs, its documents and its migrations, and no sources, tests or tools', () => {
    const folders = [...new Set(files.map((file) => file.split('/')[0]))].sort();
    expect(folders).toEqual(
      [
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'SECURITY.md',
        'bin',
        'dist',
        'docs',
        'migrations',
        'package.json',
      ].sort(),
    );
    expect(files).toEqual(
      expect.arrayContaining([
        'docs/openapi.yaml',
        'bin/sluice.mjs',
        'bin/complete.mjs',
        'dist/cli/shell/commands.json',
        'dist/sdk/client/client.js',
        'dist/sdk/client/client.d.ts',
      ]),
    );
    const other = files.filter((file) => !KINDS.some((kind) => kind.test(file)));
    expect(other).toEqual([]);
  });

  it.each(['node16', 'bundler'])(
    'has types for who resolves modules by %s',
    async (moduleResolution) => {
      const dir = path.join(project, moduleResolution);
      mkdirSync(dir);
      writeFileSync(path.join(dir, 'program.ts'), PROGRAM);
      const module = moduleResolution === 'bundler' ? 'esnext' : 'node16';
      const compilerOptions = {
        ...{ moduleResolution, module, target: 'es2022', strict: true, noEmit: true, skipLibCheck: true },
        ...{ types: ['node'], typeRoots: [path.join(ROOT, 'node_modules/@types')] },
      };
      writeFileSync(path.join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
      await run(process.execPath, [TSC, '-p', dir]);
      const wrong = PROGRAM.replace("'/api/workspace'", "'/api/workspaces'");
      writeFileSync(path.join(dir, 'program.ts'), wrong);
      await expect(run(process.execPath, [TSC, '-p', dir])).rejects.toMatchObject({
        stdout: expect.stringContaining('program.ts(5,'),
      });
    },
    60_000,
  );

  it('runs: the client asks the service, the outbox is there, the command line says its version', async () => {
    const program = path.join(project, 'program.mjs');
    const js = PROGRAM.replaceAll('!,', ',').replaceAll('! }', ' }').replaceAll(': unknown', '');
    writeFileSync(program, js);
    const env = { ...process.env, SLUICE_API_URL: api.url, SLUICE_API_KEY: await api.key() };
    const { stdout } = await run(process.execPath, [program], { cwd: project, env });
    expect(JSON.parse(stdout)).toEqual([expect.any(String), 'urn:sluice:not_found', 'disabled', 'function']);
    const version = await run(path.join(project, 'node_modules/.bin/sluice'), ['--version'], {
      cwd: project,
    });
    expect(version.stdout.trim()).toMatch(/^\d+\.\d+\.\d+$/);
  }, 60_000);

  it('has a command line that npx finds, and that completes itself', async () => {
    const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
      version: string;
    };
    const npx = async (...args: string[]) => (await run('npx', args, { cwd: project })).stdout;
    expect((await npx('sluice', '--version')).trim()).toBe(version);
    expect(await npx('sluice', 'completion', 'bash')).toContain('complete -F _sluice sluice');
    const complete = path.join(project, 'node_modules/.bin/sluice');
    const { stdout } = await run(complete, ['complete', '--', 'lanes', 'dr'], { cwd: project });
    expect(stdout).toMatch(/^drain\t.*\n:4\n$/);
  }, 60_000);
});
