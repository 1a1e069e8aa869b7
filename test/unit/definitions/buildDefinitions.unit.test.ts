import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CONFIG_FILES } from '../../../src/services/definitions/configFile.js';
import { ROOT } from '../../support/process.js';

const run = promisify(execFile);

describe('npm run definitions', () => {
  let home: string;
  beforeEach(() => {
    home = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'sluice-definitions-')));
    for (const name of ['scripts', 'tsconfig.json', 'tsconfig.definitions.json'])
      cpSync(path.join(ROOT, name), path.join(home, name), { recursive: true });
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(home, 'node_modules'));
    writeFileSync(path.join(home, 'package.json'), '{ "type": "module" }');
    mkdirSync(path.join(home, 'events'));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  it.each(CONFIG_FILES)('has for an image what a process finds, and what it imports: %s', async (name) => {
    const compiled = name.replace('ts', 'js');
    const extension = path.extname(name);
    writeFileSync(path.join(home, `events/one${extension}`), `export const one = 'there';\n`);
    writeFileSync(
      path.join(home, name),
      `import { one } from './events/one${path.extname(compiled)}';\n\nexport default one;\n`,
    );
    await run(process.execPath, [path.join(home, 'scripts/buildDefinitions.mjs')]);
    const out = path.join(home, '.sluice/definitions');
    const script = `process.stdout.write((await import(process.argv[1])).default)`;
    const { stdout } = await run(process.execPath, [
      ...['--input-type=module', '-e', script, pathToFileURL(path.join(out, compiled)).href],
    ]);
    expect(stdout).toBe('there');
  });
});
