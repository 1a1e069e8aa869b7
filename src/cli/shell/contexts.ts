import type { Command } from 'commander';
import { whatComesFirst } from '../apiSource.js';
import { CliError } from '../errors.js';
import { lister, show, verb, type Context } from '../context.js';
import { contextOf, readContexts, writeContexts } from './contextsFile.js';
import { forgetContext } from './login.js';

interface Json {
  readonly json?: boolean;
}

/** The APIs that `sluice login` has noted. */
export function addContexts(contexts: Command, context: Context): void {
  lister(contexts, { name: 'list', description: 'list them', example: 'list' }).action(({ json }: Json) => {
    refuseNamed(context);
    const { contexts: noted } = readContexts(context.contextsFile());
    const source = context.source();
    const inUse = source.by === 'context' ? source.name : undefined;
    const items = Object.entries(noted).map(([name, { url }]) => ({ name, url, inUse: name === inUse }));
    show(context, json, { items, next: null }, () =>
      context.table(
        ['name', 'in use', 'url'],
        items.map(({ name, url, inUse }) => [name, inUse, url]),
      ),
    );
    const first = inUse === undefined && items.length > 0 ? whatComesFirst(source, 'NAME') : undefined;
    if (first !== undefined && !json) context.say(`None is in use here: ${first}`);
  });

  verb(contexts, { name: 'use', description: 'use another one from now on', example: 'use prod' })
    .argument('<name>', 'as the list shows it')
    .action((name: string, { json }: Json) => {
      refuseNamed(context);
      const noted = readContexts(context.contextsFile());
      const { url } = contextOf(noted, name);
      const first = whatComesFirst(context.source(name), name);
      writeContexts(context.contextsFile(), { ...noted, current: name });
      show(context, json, { name, url, inUse: first === undefined }, () =>
        first === undefined
          ? `${name} (${url}) is in use from now on`
          : `${name} (${url}) is noted, but not in use here: ${first}`,
      );
    });

  verb(contexts, {
    name: 'remove',
    description: 'forget one; its key is as good as before',
    example: 'remove prod',
  })
    .argument('<name>', 'as the list shows it')
    .action((name: string, { json }: Json) => {
      refuseNamed(context);
      forgetContext(context, name);
      show(context, json, { name }, () => `${name} is forgotten`);
    });
}

function refuseNamed({ named }: Context): void {
  if (named !== undefined)
    throw new CliError('--context says which API is asked, and none is: leave it out', 2);
}
