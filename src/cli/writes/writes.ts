import type { Command } from 'commander';
import { id } from '../arguments.js';
import { show, verb, type Context } from '../context.js';
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
    name: 'upsert',
    description: 'change the record that has this value of a unique property, or make it',
    example: 'upsert contacts email=ada@example.com firstname=Ada --by email --portal 62515',
  })
    .argument('<objectType>', OBJECT_TYPE)
    .argument('<values...>', VALUES)
    .requiredOption('--by <property>', 'the property by which it is found, with unique values')
    .option(...PORTAL)
    .action(async (objectType: string, values: string[], { portal, by, json }: OfPortal & { by: string }) => {
      const written = await context.api().post('/api/objects/{objectType}', {
        params: { path: { objectType }, query: portal === undefined ? {} : { portalId: portal } },
        body: { idProperty: by, properties: propertiesIn(values) },
      });
      show(context, json, written, () => sheetOf(written));
    });
}

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
