import { stringifyExactJson } from '../../domain/exactJson.js';
import type { Command } from 'commander';
import { given, readAll, type Answers } from '../api.js';
import { id } from '../arguments.js';
import { destructive, isMeant, touching, type Meant } from '../destructive.js';
import { tabled, show, verb, type Context } from '../context.js';
import { delivered, whyNot } from '../portals/limits.js';
import { CliError } from '../errors.js';
import { readJson } from '../jsonFile.js';
import { moment } from '../output.js';
import { refuseUnknownType } from './refuseUnknownType.js';

interface Json {
  readonly json?: boolean;
}

export function addMappings(outbox: Command, context: Context): void {
  const list = async ({ json }: Json): Promise<void> => {
    const page = await readAll(context.api(), '/api/outbox/mappings', {}, Infinity, 200);
    show(context, json, page, () =>
      context.table(
        ['name', 'version', 'mode', 'changed'],
        page.items.map((one) => [one.name, one.version, one.mode, moment(one.updatedAt)]),
      ),
    );
  };

  destructive(
    tabled(outbox, {
      name: 'mappings',
      description: 'list the mappings of generic events, or show, set or delete one',
      example: 'mappings invoice_paid --set invoice_paid.json',
    }),
  )
    .argument('[name]', 'one of them, by the name that events give')
    .option('--set <file>', 'from a JSON file, - for standard input')
    .option('--delete', 'events that wait keep the version they were captured with')
    .action(async (name: string | undefined, options: Meant & { set?: string; delete?: boolean }) => {
      if (name === undefined) {
        if (options.set !== undefined || options.delete) throw new CliError('Name the mapping', 2);
        return list(options);
      }
      const api = context.api();
      const path = '/api/outbox/mappings/{name}';
      const params = { path: { name } };
      if (options.delete) {
        const look = async () => {
          const { version, mode } = await api.get(path, { params });
          return touching(`Deletes the mapping ${name}, version ${version}, ${mode}`, []);
        };
        if (!(await isMeant(context, options, look))) return;
        await api.delete(path, { params });
        return show(context, options.json, { name, deleted: true }, () => `${name} is deleted`);
      }
      const mapping =
        options.set === undefined
          ? await api.get(path, { params })
          : await api.put(path, { params, body: readJson(options.set) as Answers['MappingDocument'] });
      show(
        context,
        options.json,
        mapping,
        () => `${mapping.name}, version ${mapping.version}\n${stringifyExactJson(mapping.mapping, 2)}`,
      );
    });

  verb(outbox, {
    name: 'preview',
    description: 'what an event with this data would do in HubSpot; nothing is sent',
    example: 'preview invoice_paid --data data.json',
  })
    .argument('<name>', 'the mapping')
    .requiredOption('--data <file>', 'the data of the event, - for standard input')
    .option('--mapping <file>', 'try this mapping instead of the one that is set')
    .option('--portal <portalId>', 'as for this portal: names of custom events hold its number', id)
    .action(async (name: string, options: Json & { data: string; mapping?: string; portal?: string }) => {
      const { data, mapping, portal, json } = options;
      const body = {
        data: readJson(data),
        ...(mapping !== undefined && { mapping: readJson(mapping) }),
        ...given({ portalId: portal }),
      };
      const preview = await context
        .api()
        .post('/api/outbox/mappings/{name}/preview', { params: { path: { name } }, body });
      show(context, json, preview, () =>
        preview.ok
          ? preview.requests
              .map((one) => `${one.method} ${one.path}\n${JSON.stringify(one.body, null, 2)}`)
              .join('\n')
          : `It would be a dead letter: ${preview.reason}`,
      );
      if (!preview.ok) throw new CliError('The mapping cannot be applied to this data');
    });

  tabled(outbox, {
    name: 'types',
    description: 'list the event types, or let one run in the shadow',
    example: 'types nova_earned --mode shadow',
  })
    .argument('[type]', 'a type, or generic:<mapping>')
    .option('--mode <mode>', 'live, or shadow: everything but the sending')
    .action(async (type: string | undefined, { mode, json }: Json & Partial<Answers['EventTypeMode']>) => {
      const api = context.api();
      if (type !== undefined && mode !== undefined) {
        const options = { params: { path: { type } }, body: { mode } };
        const set = await api.put('/api/outbox/types/{type}', options);
        return show(context, json, set, () =>
          [
            `${type} runs ${set.mode === 'shadow' ? 'in the shadow' : 'live'}`,
            ...(set.limited ?? []).map(
              ({ portalId, why, hasFallback }) =>
                `  in portal ${portalId} ${delivered({ why, hasFallback })}: ${whyNot(why)}`,
            ),
          ].join('\n'),
        );
      }
      const page = await readAll(api, '/api/outbox/types', {}, Infinity, 200);
      const items = page.items.filter(({ name }) => type === undefined || name === type);
      const names = page.items.map(({ name }) => name);
      if (type !== undefined && items.length === 0) await refuseUnknownType(api, type, names);
      show(context, json, { items }, () =>
        context.table(
          ['type', 'version', 'mode', 'what'],
          items.map((one) => [one.name, one.version, one.mode, one.description]),
        ),
      );
    });
}
