import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { show, type Context } from '../context.js';
import { CliError } from '../errors.js';
import { packageToDependOn } from './packageToDependOn.js';
import { writeProject } from './writeProject.js';

/** `sluice new DIR`: a project of one's own, with Sluice as one of its packages. */
export function addNew(command: Command, context: Context): void {
  command
    .argument('<dir>', 'its folder, which is made; one that is there must be empty')
    .option('--json', 'print what was written, as JSON')
    .addHelpText('after', '\nExample:\n  $ npm exec --package ./sluice-0.1.0.tgz -- sluice new my-backend')
    .action((named: string, { json }: { json?: boolean }) => {
      const dir = path.resolve(named);
      const name = packageName(dir);
      if (existsSync(dir) && readdirSync(dir).length > 0)
        throw new CliError(`${dir} is not empty: name a folder that is, or one that there is not`);
      const files = writeProject(dir, name, packageToDependOn());
      show(context, json, { dir, files }, () => nextSteps(named, files));
    });
}

/** What npm takes for the name of a package. */
function packageName(dir: string): string {
  const name = path.basename(dir).toLowerCase();
  if (/^[a-z0-9][a-z0-9._-]{0,213}$/.test(name)) return name;
  throw new CliError(
    `${JSON.stringify(path.basename(dir))} cannot be the name of a project: letters, digits, dots, dashes and underscores, a letter or a digit first`,
    2,
  );
}

const nextSteps = (dir: string, files: readonly string[]) => `Wrote ${files.length} files into ${dir}. Now:

  cd ${dir}
  npm install
  npm start     all of it on this machine, with a sandbox in HubSpot's place
  npm test      what your definitions do

What is yours stands in sluice.config.ts and beside it: see README.md.`;
