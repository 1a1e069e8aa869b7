import type { Command } from 'commander';
import { lister, show, verb, type Context } from '../context.js';
import { contextOf, readContexts, writeContexts } from './contextsFile.js';
import { forgetContext } from './login.js';

interface Json {
  readonly json?: boolean;
}

/** The APIs that `sluice login` has noted. */
export function addContexts(contexts: Command, context: Context): void {
  lister(contexts, { name: 'list', description: 'list them', example: 'list' }).action(({ json }: Json) => {
    const { current, contexts: noted } = readContexts(context.contextsFile());
    const items = Object.entries(noted).map(([name, { url }]) => ({ name, url, inUse: name === current }));
    show(context, json, { items, next: null }, () =>
      context.table(
        ['name', 'in use', 'url'],
        items.map(({ name, url, inUse }) => [name, inUse, url]),
      ),
    );
  });

  verb(contexts, { name: 'use', description: 'use another one from now on', example: 'use prod' })
    .argument('<name>', 'as the list shows it')
    .action((name: string, { json }: Json) => {
      const noted = readContexts(context.contextsFile());
      const { url } = contextOf(noted, name);
      writeContexts(context.contextsFile(), { ...noted, current: name });
      show(context, json, { name, url }, () => `${name} (${url}) is in use from now on`);
    });

  verb(contexts, {
    name: 'remove',
    description: 'forget one; its key is as good as before',
    example: 'remove prod',
  })
    .argument('<name>', 'as the list shows it')
    .action((name: string, { json }: Json) => {
      forgetContext(context, name);
      show(context, json, { name }, () => `${name} is forgotten`);
    });
}
