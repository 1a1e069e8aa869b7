import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sync as resolve } from '../../support/jestResolver.mjs';

type Options = Parameters<typeof resolve>[1] & { basedir?: string; extensions?: string[] };

// What jest offers on Node 24 and later, whatever version runs this test.
const FOR_REQUIRE = Object.freeze(['require', 'module-sync', 'node', 'default']);
const FOR_IMPORT = Object.freeze(['import', 'module-sync', 'default']);

describe('how jest finds a module', () => {
  it('offers `require` all conditions but module-sync, and `import` all of them', () => {
    const offered = (conditions: readonly string[] | undefined) => {
      let seen: readonly string[] | undefined;
      const defaultResolver: Options['defaultResolver'] = (_specifier, options) => {
        seen = (options as Options).conditions;
        return '';
      };
      resolve('some-package', { conditions, defaultResolver } as Options);
      return seen;
    };
    expect(offered(FOR_REQUIRE)).toEqual(['require', 'node', 'default']);
    expect(offered(FOR_IMPORT)).toBe(FOR_IMPORT);
    expect(offered(undefined)).toBeUndefined();
    // jest keeps one resolver for each array.
    expect(offered(FOR_REQUIRE)).toBe(offered(FOR_REQUIRE));
  });

  describe('for a package that has an entry for module-sync', () => {
    let folder: string;
    beforeAll(async () => {
      folder = await realpath(await mkdtemp(path.join(os.tmpdir(), 'sluice-resolver-')));
      const home = path.join(folder, 'node_modules/dual');
      await mkdir(home, { recursive: true });
      const entries = { 'module-sync': './sync.mjs', import: './index.mjs', default: './index.js' };
      await writeFile(
        path.join(home, 'package.json'),
        JSON.stringify({ name: 'dual', exports: { '.': entries } }),
      );
      await writeFile(path.join(home, 'index.js'), `module.exports = 'CommonJS';`);
      for (const name of ['sync.mjs', 'index.mjs']) {
        await writeFile(path.join(home, name), `export default 'ES module';`);
      }
      await writeFile(path.join(folder, 'main.js'), '');
    });
    afterAll(() => rm(folder, { recursive: true }));

    // jest-resolve is a dependency of jest, not of ours.
    const jestResolve = createRequire(createRequire(import.meta.url).resolve('jest'))('jest-resolve') as {
      default: { findNodeModule: Options['defaultResolver'] };
    };
    const defaultResolver: Options['defaultResolver'] = (specifier, options) =>
      jestResolve.default.findNodeModule(specifier, options);

    it.each([
      ['its CommonJS file by `require`', FOR_REQUIRE, 'index.js'],
      ['its ES module by `import`', FOR_IMPORT, 'sync.mjs'],
    ])("jest's own resolver then finds %s", (_title, conditions, file) => {
      const options: Options = { basedir: folder, conditions, defaultResolver, extensions: ['.js'] };
      expect(resolve('dual', options)).toBe(path.join(folder, 'node_modules/dual', file));
    });

    it('a test that requires it gets the CommonJS file', () => {
      expect(createRequire(path.join(folder, 'main.js'))('dual')).toBe('CommonJS');
    });
  });
});
