import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
  /^dist\/sandbox\/page\/\w+\.(?:js|html|css|svg)$/,
  /^dist\/cli\/shell\/commands\.json$/,
  /^dist\/worker\/workflows\.bundle\.js$/,
  /^(?:bin|scripts|scripts\/lib)\/\w+\.mjs$/,
  /^template\/(?:\w+\/)*[\w.-]+$/,
  /^docker\/(?:postgres|temporal)\/\w+\.(?:sh|yaml)$/,
  /^(?:\.env\.example|docker-compose\.yml)$/,
  /^docs\/(?:\w+\/)*[\w-]+\.(?:md|yml|yaml|json|png|svg)$/,
  /^migrations\/(?:\w+\/)*\w+\.(?:sql|json)$/,
  /^(?:CHANGELOG|LICENSE|README|SECURITY)(?:\.md)?$/,
  /^package\.json$/,
];

/** What somebody has who has nothing but the package: a project that it makes. */
describe('the packed package', () => {
  let copy: ReturnType<typeof copyCheckout>;
  let outside: string;
  let project: string;
  let said: string;
  let api: ApiHarness;
  let files: string[];

  beforeAll(async () => {
    api = await startApi();
    copy = copyCheckout('package');
    const { stdout } = await npm(['run', '--silent', 'package', '--', '--json'], copy.dir).catch(
      (error: unknown) => {
        throw new Error((error as { stderr: string }).stderr);
      },
    );
    const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
    files = packed.files.map((file) => file.path);
    const tarball = path.join(copy.dir, packed.filename);
    outside = mkdtempSync(path.join(os.tmpdir(), 'sluice-package-'));
    const made = ['exec', '--yes', '--prefer-offline', '--package', tarball, '--'];
    said = (await npm([...made, 'sluice', 'new', 'shop'], outside)).stdout;
    project = path.join(outside, 'shop');
    await npm(['install', '--prefer-offline', '--no-fund'], project);
  }, 400_000);
  afterAll(async () => {
    copy?.remove();
    if (outside) rmSync(outside, { recursive: true, force: true });
    await api?.close();
  });

  it('holds what runs, its documents and its migrations, and no sources, tests or tools', () => {
    const folders = [...new Set(files.map((file) => file.split('/')[0]))].sort();
    expect(folders).toEqual(
      [
        '.env.example',
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'SECURITY.md',
        'bin',
        'dist',
        'docker',
        'docker-compose.yml',
        'docs',
        'migrations',
        'package.json',
        'scripts',
        'template',
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

  it('has made a project in an empty folder, which is tested, has types that fit, and runs what it defines', async () => {
    expect(said).toContain('npm start');
    expect((await npm(['test'], project)).stdout).toMatch(/^# pass 4$[^]*^# fail 0$/m);
    await npm(['run', 'lint'], project);
    // What is fetched once is not fetched again.
    const binaries = path.join(ROOT, '.sluice/bin');
    if (existsSync(binaries)) cpSync(binaries, path.join(project, '.sluice/bin'), { recursive: true });
    const { stdout } = await npm(['start', '--', '--once'], project);
    expect(stdout).toMatch(/✓ Event type order_placed: its example: processed/);
    expect(stdout).toMatch(/✓ Action greet: /);
  }, 180_000);

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
