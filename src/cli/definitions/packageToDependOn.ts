import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { CliError } from '../errors.js';
import { VERSION } from '../../platform/version.js';

/** The package that runs here, as a project gets it: from a registry, or a tarball that is copied into the project. */
export type PackageSource =
  { readonly from: 'registry'; readonly range: string } | { readonly from: 'tarball'; readonly file: string };

const ROOT = path.resolve(import.meta.dirname, '../../..');

/** Where npm had the package from that runs here, as it has noted it beside it. */
export function packageToDependOn(root = ROOT): PackageSource {
  const modules = path.dirname(root);
  const record = path.join(modules, '.package-lock.json');
  if (path.basename(modules) !== 'node_modules' || !existsSync(record))
    throw new CliError(
      'This is no installed package: `npm run package` makes one of this checkout, then `npm exec --package ./sluice-' +
        `${VERSION}.tgz -- sluice new DIR\``,
    );
  const { packages } = JSON.parse(readFileSync(record, 'utf8')) as {
    packages?: Record<string, { version?: string; resolved?: string }>;
  };
  const { version = VERSION, resolved } = packages?.[`node_modules/${path.basename(root)}`] ?? {};
  if (resolved?.startsWith('file:') !== true) return { from: 'registry', range: `^${version}` };
  const file = resolved.startsWith('file://')
    ? fileURLToPath(resolved)
    : path.resolve(path.dirname(modules), decodeURI(resolved.slice('file:'.length)));
  if (existsSync(file)) return { from: 'tarball', file };
  throw new CliError(`The tarball of the package that runs here is gone: ${file}. Name it where it is now.`);
}
