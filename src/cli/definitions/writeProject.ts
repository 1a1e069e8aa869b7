import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { composeOfProject } from './composeOfProject.js';
import type { PackageSource } from './packageToDependOn.js';

const ROOT = path.resolve(import.meta.dirname, '../../..');
/** npm packs no file of these names. */
const NAMED_OTHERWISE: Readonly<Record<string, string>> = {
  gitignore: '.gitignore',
  dockerignore: '.dockerignore',
};

/** Writes a project into a folder that is empty, or is made. Returns its files. */
export function writeProject(dir: string, name: string, source: PackageSource, root = ROOT): string[] {
  mkdirSync(dir, { recursive: true });
  cpSync(path.join(root, 'template'), dir, {
    recursive: true,
    filter: (file) => !(path.basename(file) in NAMED_OTHERWISE),
  });
  for (const [packed, meant] of Object.entries(NAMED_OTHERWISE))
    copyFileSync(path.join(root, 'template', packed), path.join(dir, meant));
  for (const folder of ['postgres', 'temporal'])
    cpSync(path.join(root, 'docker', folder), path.join(dir, 'docker', folder), { recursive: true });
  copyFileSync(path.join(root, '.env.example'), path.join(dir, '.env.example'));
  const write = (file: string, text: string) => writeFileSync(path.join(dir, file), text);
  const ours = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as Manifest;
  write('package.json', json(manifest(name, ours, dependency(dir, source))));
  write('tsconfig.json', json(TSCONFIG));
  write('compose.yaml', composeOfProject(readFileSync(path.join(root, 'docker-compose.yml'), 'utf8'), name));
  const readme = readFileSync(path.join(root, 'template/README.md'), 'utf8');
  write('README.md', readme.replaceAll('{{name}}', name));
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(dir, path.join(entry.parentPath, entry.name)))
    .sort();
}

/** A tarball becomes a part of the project: whoever clones it, or builds an image of it, has it. */
function dependency(dir: string, source: PackageSource): string {
  if (source.from === 'registry') return source.range;
  const file = `vendor/${path.basename(source.file)}`;
  mkdirSync(path.join(dir, 'vendor'));
  copyFileSync(source.file, path.join(dir, file));
  return `file:${file}`;
}

interface Manifest {
  readonly engines: { readonly node: string };
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const manifest = (name: string, { engines, dependencies, devDependencies }: Manifest, sluice: string) => ({
  ...{ name, version: '0.1.0', private: true, type: 'module', engines },
  scripts: {
    start: 'sluice start',
    test: 'node --import tsx --test test/*.test.ts',
    lint: 'tsc',
    setup: 'node node_modules/sluice/dist/cli/setup.js',
  },
  dependencies: { sluice },
  devDependencies: {
    '@types/node': devDependencies['@types/node'],
    tsx: dependencies.tsx,
    typescript: devDependencies.typescript,
  },
});

const TSCONFIG = {
  compilerOptions: {
    ...{ target: 'es2023', lib: ['es2023'], module: 'nodenext', types: ['node'] },
    ...{ noEmit: true, strict: true, noUncheckedIndexedAccess: true, verbatimModuleSyntax: true },
    skipLibCheck: true,
  },
  include: ['sluice.config.ts', 'actions', 'events', 'on', 'test'],
};

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
