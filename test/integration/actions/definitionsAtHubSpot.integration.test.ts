import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCli } from '../../../src/cli/program.js';
import { ROOT } from '../../support/process.js';
import { startHarness, type Harness } from '../sandbox/harness.js';

const ORIGIN = 'https://sluice.example.com';
const KEY = 'sandbox-developer-key';

/** One project, from its first action to what HubSpot has of it. The tests go on from each other. */
describe('sluice actions, in a project of its own', () => {
  let sandbox: Harness;
  let dir: string;
  beforeAll(async () => {
    sandbox = await startHarness();
    dir = mkdtempSync(path.join(tmpdir(), 'sluice-actions-'));
    writeFileSync(path.join(dir, 'package.json'), '{ "type": "module" }');
  });
  afterAll(async () => {
    rmSync(dir, { recursive: true });
    await sandbox.close();
  });

  const at = (file: string) => path.join(dir, file);
  const read = (file: string) => readFileSync(at(file), 'utf8');
  const json = (file: string) => JSON.parse(read(file));
  const environment = (more: Record<string, string>) => ({
    ...{ HUBSPOT_APP_ID: '77', HUBSPOT_DEVELOPER_API_KEY: KEY, HOME: dir },
    ...{ PUBLIC_URL: ORIGIN, HUBSPOT_API_BASE_URL: sandbox.url, SLUICE_CONFIG: config, ...more },
  });
  let config = '';

  async function sluice(args: string, more: Record<string, string> = {}) {
    const said = { out: '', err: '' };
    const code = await runCli(['actions', ...args.split(' ')], {
      out: (text) => void (said.out += text),
      err: (text) => void (said.err += text),
      ...{ env: environment(more), cwd: dir },
    });
    return { code, ...said };
  }
  /** Another file each time: a process reads one once. */
  const define = (name: string, greet: string) => {
    config = `${name}.config.ts`;
    const source = `import { defineAction, defineConfig, z } from 'sluice';\nexport default defineConfig({ actions: [defineAction({ name: 'greet', version: 1, output: z.object({}), run: () => ({}), ${greet} })] });\n`;
    writeFileSync(at(config), source);
  };
  const labels = (actionDescription: string) =>
    `labels: { en: { actionName: 'Greet', actionDescription: '${actionDescription}' } }`;
  const held = async () =>
    (await sandbox.ask('GET', `/automation/v4/actions/77?hapikey=${KEY}`)).body.results;
  const heldGreet = async () =>
    (await held()).find((one: { actionUrl: string }) => one.actionUrl.endsWith('/greet'));

  it('writes a new one and the config that names it, and a second one into the same config', async () => {
    expect(await sluice('new greet')).toMatchObject({ code: 0, err: '' });
    expect(read('sluice.config.ts')).toContain('defineConfig({ actions: [greet] })');
    expect((await sluice('new enrich-company')).code).toBe(0);
    expect(read('sluice.config.ts')).toContain("import { enrichCompany } from './actions/enrichCompany.js';");
    expect(read('sluice.config.ts')).toContain('defineConfig({ actions: [enrichCompany, greet] })');
    expect((await sluice('new greet')).err).toContain('greet.ts is there already');
    expect((await sluice('new Greet')).code).toBe(2);

    const shown = await promisify(execFile)(
      process.execPath,
      [path.join(ROOT, 'bin/sluice.mjs'), 'actions', 'show', 'enrich-company'],
      { cwd: dir, env: { PATH: process.env['PATH'], HOME: dir, PUBLIC_URL: ORIGIN } },
    );
    expect(JSON.parse(shown.stdout)).toMatchObject({
      actionUrl: `${ORIGIN}/api/hubspot/actions/enrich-company`,
      published: false,
    });
  });

  it('says the lines to add where the config is written otherwise', async () => {
    config = 'other.config.ts';
    const source =
      "import { defineConfig } from 'sluice';\nconst mine = defineConfig({});\nexport default mine;\n";
    writeFileSync(at(config), source);
    const { out } = await sluice('new third');
    expect(out).toContain("  import { third } from './actions/third.js';\n  actions: [third]\n");
    expect(read(config)).toBe(source);
  });

  it('makes them at HubSpot, and has nothing to do then', async () => {
    define('first', `input: z.object({ name: z.string() }), ${labels('Says hello.')}`);
    const dry = await sluice('publish --dry-run');
    expect(dry.out.split('\n').filter(Boolean)).toEqual(['throttle: would be made', 'greet: would be made']);
    expect(await held()).toEqual([]);
    expect((await sluice('diff')).code).toBe(1);

    expect(await sluice('publish')).toMatchObject({ code: 0, err: '' });
    expect((await held()).map((one: { published: boolean }) => one.published)).toEqual([false, false]);
    const same = await sluice('diff');
    expect([same.code, same.out.match(/: the same \(/g)?.length]).toEqual([0, 2]);
  });

  it('gives a changed one a new revision under the number that it has, published where that is asked for', async () => {
    const before = await heldGreet();
    define('second', `input: z.object({ name: z.string() }), ${labels('Greets.')}`);
    const diff = await sluice('diff greet');
    expect(diff.code).toBe(1);
    expect(diff.out).toContain('labels.en.actionDescription: "Says hello." → "Greets."');
    expect((await sluice('publish greet --published')).code).toBe(0);
    expect(await heldGreet()).toMatchObject({ id: before.id, revisionId: '2', published: true });
    // Whoever changes a label leaves it as it is seen.
    define('again', `input: z.object({ name: z.string() }), ${labels('Says hello.')}`);
    expect((await sluice('publish greet')).code).toBe(0);
    expect(await heldGreet()).toMatchObject({ id: before.id, revisionId: '3', published: true });
  });

  it('takes nothing from steps that exist unless that is meant', async () => {
    define('broken', `input: z.object({ who: z.string() }), ${labels('Says hello.')}`);
    const refused = await sluice('publish greet');
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('BREAKING input name: is removed');
    expect(refused.err).toContain('Nothing was changed');
    const dry = await sluice('publish greet --dry-run');
    expect([dry.code, dry.out.includes('BREAKING input name: is removed')]).toEqual([0, true]);
    expect(await heldGreet()).toMatchObject({ revisionId: '3' });
    expect((await sluice('publish greet --breaking')).code).toBe(0);
    expect((await sluice('diff greet')).code).toBe(0);
  });

  it('names what HubSpot still has and nobody defines', async () => {
    const url = { ...(await held())[0], actionUrl: `${ORIGIN}/api/hubspot/actions/gone` };
    await sandbox.ask('POST', `/automation/v4/actions/77?hapikey=${KEY}`, url);
    const diff = await sluice('diff');
    expect([diff.code, diff.out]).toEqual([
      1,
      expect.stringMatching(/actions\/gone: HubSpot has it \(\d+\)/),
    ]);
  });

  it('prints what HubSpot has, also as a declaration that can be gone on with', async () => {
    const all = JSON.parse((await sluice('pull --json')).out) as {
      id: string;
      definition: { actionUrl: string };
    }[];
    expect(all.map(({ definition }) => new URL(definition.actionUrl).pathname)).toContain(
      '/api/hubspot/action',
    );
    const throttle = all.find(({ definition }) => definition.actionUrl.endsWith('/action'));
    const { out } = await sluice(`pull ${throttle?.id} --declare`);
    writeFileSync(at('actions/pulled.ts'), out);
    writeFileSync(
      at('pulled.config.ts'),
      "import { defineConfig } from 'sluice';\nimport { waitForYourTurn } from './actions/pulled.js';\nexport default defineConfig({ actions: [waitForYourTurn] });\n",
    );
    const shown = await sluice('show wait-for-your-turn', { SLUICE_CONFIG: 'pulled.config.ts' });
    expect(shown).toMatchObject({ code: 0, err: '' });
    expect(
      JSON.parse(shown.out).inputFields.map(
        (one: { typeDefinition: { name: string } }) => one.typeDefinition.name,
      ),
    ).toEqual([
      ...['max_throughput', 'time', 'period', 'queue', 'spread', 'start_at', 'priority'],
      ...['max_waiting', 'when_full'],
    ]);
  });

  it("writes a project, and changes no file of it that is somebody else's", async () => {
    expect((await sluice('export hubspot')).code).toBe(2);
    expect(existsSync(at('hubspot'))).toBe(false);
    const made = await sluice('export hubspot --account 62515');
    expect(made).toMatchObject({ code: 0, err: '' });
    expect(json('hubspot/hsproject.json')).toEqual({
      name: 'sluice',
      srcDir: 'src',
      platformVersion: '2026.03',
    });
    expect(json('hubspot/src/hsprofile.production.json')).toEqual({
      accountId: 62_515,
      variables: { SLUICE_URL: ORIGIN },
    });
    expect(json('hubspot/src/app/workflow-actions/greet-hsmeta.json')).toMatchObject({
      uid: 'greet',
      config: { actionUrl: '${SLUICE_URL}/api/hubspot/actions/greet', isPublished: false },
    });
    const app = json('hubspot/src/app/app-hsmeta.json');
    expect(app.config.auth.requiredScopes).toEqual(['oauth', 'automation']);

    app.config.auth.redirectUrls = ['https://elsewhere.example.com/api/integrations/hubspot/callback'];
    app.config.auth.requiredScopes = ['oauth'];
    writeFileSync(at('hubspot/src/app/app-hsmeta.json'), JSON.stringify(app));
    const again = await sluice('export hubspot', { PUBLIC_URL: 'https://other.example.com' });
    expect(again.code).toBe(1);
    expect(again.out).toContain('app-hsmeta.json: config.auth.redirectUrls lacks ${SLUICE_URL}/api/');
    expect(again.out).toContain('app-hsmeta.json: config.auth.requiredScopes lacks automation');
    expect(again.out).toContain('hsprofile.production.json: variables.SLUICE_URL is https://sluice');
    expect(json('hubspot/src/app/app-hsmeta.json')).toEqual(app);
  });

  it('says what HubSpot wants of whoever asks, and never shows the key', async () => {
    const none = await sluice('diff', { HUBSPOT_DEVELOPER_API_KEY: '' });
    expect([none.code, none.err]).toEqual([2, expect.stringContaining('HUBSPOT_DEVELOPER_API_KEY')]);
    const wrong = await sluice('diff', { HUBSPOT_DEVELOPER_API_KEY: 'a-key-that-nobody-has' });
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('developer API key')]);
    expect(wrong.out + wrong.err).not.toContain('nobody-has');
    writeFileSync(at('token'), 'sandbox-developer-token\n');
    expect(
      (await sluice(`diff throttle --token-file ${at('token')}`, { HUBSPOT_DEVELOPER_API_KEY: '' })).code,
    ).toBe(0);
    expect((await sluice('diff throttle', { HUBSPOT_APP_ID: '78' })).code).toBe(1);
    expect((await sluice('diff', { PUBLIC_URL: '' })).code).toBe(2);
  });
});
