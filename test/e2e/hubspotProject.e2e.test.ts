import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { install, isInstalled } from '../../scripts/lib/install.mjs';
import { ROOT } from '../support/process.js';

const run = promisify(execFile);
const PARSER = path.join(ROOT, 'test/hubspotProject');
const ORIGIN = 'https://sluice.example.com';

interface Read {
  readonly platformVersion: string;
  readonly components: readonly {
    readonly uid: string;
    readonly type: string;
    readonly app?: string;
    readonly config: Readonly<Record<string, unknown>>;
  }[];
  readonly files: number;
  readonly problems: readonly string[];
}

/** What `sluice actions export` writes, read by HubSpot's own parser, which lies in a folder of its own. */
describe("an exported project, by HubSpot's own parser", () => {
  let dir: string;
  beforeAll(async () => {
    if (!isInstalled(PARSER)) await install(PARSER);
    dir = mkdtempSync(path.join(tmpdir(), 'sluice-project-'));
    writeFileSync(path.join(dir, 'package.json'), '{ "type": "module" }');
  }, 180_000);
  afterAll(() => rmSync(dir, { recursive: true }));

  const actions = (...args: string[]) =>
    run(process.execPath, [path.join(ROOT, 'bin/sluice.mjs'), 'actions', ...args], {
      cwd: dir,
      env: { PATH: process.env['PATH'], HOME: dir, PUBLIC_URL: ORIGIN },
    });
  async function parsed(): Promise<Read> {
    const check = path.join(PARSER, 'check.mjs');
    const { stdout } = await run(process.execPath, [check, path.join(dir, 'hubspot'), 'production']);
    return JSON.parse(stdout) as Read;
  }

  it('is an app with its actions, in which the origin stands where the profile has it', async () => {
    await actions('new', 'greet');
    await actions('export', 'hubspot', '--account', '62515');
    const { components, files, problems, platformVersion } = await parsed();
    expect([platformVersion, files, problems]).toEqual(['2026.03', 3, []]);
    expect(components.map(({ uid, type, app }) => [uid, type, app]).sort()).toEqual([
      ['greet', 'WORKFLOW_ACTION', 'sluice_app'],
      ['sluice_app', 'APPLICATION', undefined],
      ['sluice_throttle', 'WORKFLOW_ACTION', 'sluice_app'],
    ]);
    const [app, greet] = ['sluice_app', 'greet'].map(
      (uid) => components.find((one) => one.uid === uid)?.config,
    );
    expect(greet).toMatchObject({ actionUrl: `${ORIGIN}/api/hubspot/actions/greet`, isPublished: false });
    expect(app).toMatchObject({
      auth: { type: 'oauth', redirectUrls: [`${ORIGIN}/api/integrations/hubspot/callback`] },
    });
  });

  it('is refused by the same check where a file lies elsewhere, or has a name that there is', async () => {
    const write = (file: string, uid: string) =>
      writeFileSync(
        path.join(dir, 'hubspot/src', file),
        JSON.stringify({ uid, type: 'workflow-action', config: {} }),
      );
    write('other-hsmeta.json', 'other');
    expect((await parsed()).problems).toEqual(['other-hsmeta.json lies where HubSpot looks for nothing']);
    write('app/workflow-actions/double-hsmeta.json', 'greet');
    await expect(parsed()).rejects.toThrow(/Duplicate uid 'greet'/);
  });
});
