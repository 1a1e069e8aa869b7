import type { Command } from 'commander';
import { readAll } from '../api.js';
import { count } from '../arguments.js';
import { lister, show, type Context } from '../context.js';
import { addDiff } from './diff.js';
import { addExport } from './export.js';
import { addNew } from './new.js';
import { addPublish } from './publish.js';
import { addPull } from './pull.js';
import { addShowDefinition } from './show.js';
import { addTest } from './test.js';
import { addSettings } from './settings.js';
import { addRuns } from './runs.js';

interface Json {
  readonly json?: boolean;
}

export function addActions(actions: Command, context: Context): void {
  addNew(actions, context);
  addTest(actions, context);
  addRuns(actions, context);
  addSettings(actions, context);
  lister(actions, { name: 'list', description: 'list those that the API knows', example: 'list' })
    .option('--limit <n>', 'at most so many', count, 500)
    .action(async ({ limit, json }: Json & { limit: number }) => {
      const page = await readAll(context.api(), '/api/actions', {}, limit, 200);
      show(context, json, page, () =>
        context.table(
          ['action', 'version', 'answer', 'path'],
          page.items.map(({ name, version, answer, path }) => [name, String(version), answer, path]),
        ),
      );
    });
  addShowDefinition(actions, context);
  addDiff(actions, context);
  addPublish(actions, context);
  addPull(actions, context);
  addExport(actions, context);
}
