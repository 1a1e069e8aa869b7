import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { exportName, newActionSource } from '../../domain/actions/actionSource.js';
import { importLine, newConfigSource, withAction } from '../../domain/actions/configSource.js';
import { show, verb, type Context } from '../context.js';
import { CliError } from '../errors.js';

/** Says what the config is to have; null: it has it. */
interface Made {
  readonly file: string;
  readonly config: string;
  readonly toAdd: readonly string[] | null;
}

export function addNew(actions: Command, context: Context): void {
  verb(actions, {
    name: 'new',
    description: 'write a new one into actions/, and add it to sluice.config.ts',
    example: 'new greet',
  })
    .argument('<name>', 'its place in the URL that HubSpot calls: lower-case letters, digits and hyphens')
    .action(async (name: string, { json }: { json?: boolean }) => {
      refuseName(name);
      const { file: found } = await context.definitions();
      const config = found ?? path.join(context.cwd, 'sluice.config.ts');
      const identifier = exportName(name);
      const extension = path.extname(config);
      const file = path.join(path.dirname(config), 'actions', `${identifier}${extension}`);
      if (existsSync(file)) throw new CliError(`${file} is there already`);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, newActionSource(name));
      const from = `./actions/${identifier}${extension.replace('ts', 'js')}`;
      const isAdded = addToConfig(config, found !== undefined, identifier, from);
      const toAdd = isAdded ? null : [importLine(identifier, from), `actions: [${identifier}]`];
      const made: Made = { ...{ file: near(file, context), config: near(config, context) }, toAdd };
      show(context, json, made, () => inWords(made, name));
    });
}

function refuseName(name: string): void {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > 50)
    throw new CliError(
      `${name} cannot be the name of an action: lower-case letters, digits and hyphens, at most 50, as in enrich-company`,
      2,
    );
}

function addToConfig(config: string, exists: boolean, identifier: string, from: string): boolean {
  const source = exists
    ? withAction(readFileSync(config, 'utf8'), identifier, from)
    : newConfigSource(identifier, from);
  if (source === undefined) return false;
  writeFileSync(config, source);
  return true;
}

const near = (file: string, { cwd }: Context) => path.relative(cwd, file);

function inWords({ file, config, toAdd }: Made, name: string): string {
  return [
    `wrote ${file}`,
    ...(toAdd === null
      ? [`added it to ${config}`]
      : [`Add to ${config}:`, ...toAdd.map((line) => `  ${line}`)]),
    `Start API and worker again, and HubSpot may call /api/hubspot/actions/${name}; \`sluice actions publish ${name}\` tells HubSpot of it`,
  ].join('\n');
}
