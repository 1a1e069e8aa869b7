import type { Command } from 'commander';
import { count, id } from '../arguments.js';
import { show, verb, type Context } from '../context.js';
import { destructive, isMeant, touching, type Meant } from '../destructive.js';
import { sheet } from '../output.js';
import { CliError } from '../errors.js';
import type { Answers } from '../api.js';

const OBJECT_TYPE = 'contacts, companies, deals, tickets, or a custom object by its id, name or label';
const VALUES = 'values as property=value; property= clears one';
const PORTAL = ['--portal <portalId>', 'of this portal; needed where there are several', id] as const;

interface OfPortal {
  readonly portal?: string;
  readonly json?: boolean;
}

/** Writes of records at HubSpot. */
export function addWrites(records: Command, context: Context): void {
  verb(records, {
    name: 'change',
    description: 'change a record at HubSpot, and in the mirror',
    example: 'change contacts 51 firstname=Ada --portal 62515',
  })
    .argument('<objectType>', OBJECT_TYPE)
    .argument('<id>', "HubSpot's id of the record", id)
    .argument('<values...>', VALUES)
    .option(...PORTAL)
    .action(async (objectType: string, recordId: string, values: string[], { portal, json }: OfPortal) => {
      const written = await context.api().patch('/api/objects/{objectType}/{recordId}', {
        params: { path: { objectType, recordId }, query: portal === undefined ? {} : { portalId: portal } },
        body: { properties: propertiesIn(values) },
      });
      show(context, json, written, () => sheetOf(written));
    });

  verb(records, {
    name: 'create',
    description:
      'make a record; with --by, change the one that has this value of a unique property if there is one',
    example: 'create contacts email=ada@example.com firstname=Ada --by email --portal 62515',
  })
    .argument('<objectType>', OBJECT_TYPE)
    .argument('<values...>', VALUES)
    .option('--by <property>', 'the property by which it is found, with unique values')
    .option(...PORTAL)
    .action(
      async (objectType: string, values: string[], { portal, by, json }: OfPortal & { by?: string }) => {
        const written = await context.api().post('/api/objects/{objectType}', {
          params: { path: { objectType }, query: portal === undefined ? {} : { portalId: portal } },
          body: { ...(by !== undefined && { idProperty: by }), properties: propertiesIn(values) },
        });
        show(context, json, written, () => sheetOf(written));
      },
    );

  destructive(
    verb(records, {
      name: 'delete',
      description: 'delete a record at HubSpot, where it goes to the recycle bin, and in the mirror',
      example: 'delete contacts 51 --portal 62515',
    }),
  )
    .argument('<objectType>', OBJECT_TYPE)
    .argument('<id>', "HubSpot's id of the record", id)
    .option(...PORTAL)
    .action(async (objectType: string, recordId: string, options: Meant & OfPortal) => {
      const words = `The record ${recordId} of ${objectType} goes to HubSpot's recycle bin, for 90 days`;
      if (!(await isMeant(context, options, () => Promise.resolve(touching(words, []))))) return;
      await context.api().delete('/api/objects/{objectType}/{recordId}', {
        params: { path: { objectType, recordId }, query: ofPortal(options) },
      });
      show(context, options.json, { deleted: true }, () => `${recordId} is deleted`);
    });

  addLinks(records, context);
}

const ofPortal = ({ portal }: OfPortal) => (portal === undefined ? {} : { portalId: portal });

function addLinks(records: Command, context: Context): void {
  verb(records, {
    name: 'link',
    description: 'associate two records at HubSpot; a label is added to those that they have',
    example: 'link contacts 51 companies 61 --portal 62515',
  })
    .argument('<objectType>', OBJECT_TYPE)
    .argument('<id>', "HubSpot's id of the record", id)
    .argument('<toType>', OBJECT_TYPE)
    .argument('<toId>', "HubSpot's id of the other one", id)
    .option('--label <typeId>', "HubSpot's number of a label of the portal's own", count)
    .option(...PORTAL)
    .action(
      async (
        ...[objectType, recordId, toType, toId, options]: [
          string,
          string,
          string,
          string,
          OfPortal & { label?: number },
        ]
      ) => {
        const { label } = options;
        const linked = await context
          .api()
          .put('/api/objects/{objectType}/{recordId}/associations/{toType}/{toId}', {
            params: { path: { objectType, recordId, toType, toId }, query: ofPortal(options) },
            body: label === undefined ? {} : { labels: [{ category: 'USER_DEFINED', typeId: label }] },
          });
        show(context, options.json, linked, () => typesIn(linked));
      },
    );

  destructive(
    verb(records, {
      name: 'unlink',
      description: 'end the association of two records at HubSpot',
      example: 'unlink contacts 51 companies 61 --portal 62515',
    }),
  )
    .argument('<objectType>', OBJECT_TYPE)
    .argument('<id>', "HubSpot's id of the record", id)
    .argument('<toType>', OBJECT_TYPE)
    .argument('<toId>', "HubSpot's id of the other one", id)
    .option(...PORTAL)
    .action(
      async (
        ...[objectType, recordId, toType, toId, options]: [string, string, string, string, Meant & OfPortal]
      ) => {
        const words = `The association of ${objectType} ${recordId} and ${toType} ${toId} ends, with all of its labels`;
        if (!(await isMeant(context, options, () => Promise.resolve(touching(words, []))))) return;
        const linked = await context
          .api()
          .delete('/api/objects/{objectType}/{recordId}/associations/{toType}/{toId}', {
            params: { path: { objectType, recordId, toType, toId }, query: ofPortal(options) },
          });
        show(context, options.json, linked, () => typesIn(linked));
      },
    );
}

const typesIn = ({ types }: Answers['RecordLink']): string =>
  types.length === 0
    ? 'They are not associated'
    : types.map(({ label, category, typeId }) => label ?? `${category} ${typeId}`).join(', ');

function propertiesIn(values: readonly string[]): Record<string, string | null> {
  return Object.fromEntries(
    values.map((one) => {
      const at = one.indexOf('=');
      if (at < 1) throw new CliError(`${one}: say it as property=value`);
      return [one.slice(0, at), one.slice(at + 1) || null] as const;
    }),
  );
}

function sheetOf({ outcome, record }: Answers['WrittenRecord']): string {
  return sheet([
    ['id', record.id],
    ['outcome', outcome],
    ...Object.entries(record.properties)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]): [string, string] => [name, value ?? '']),
  ]);
}
