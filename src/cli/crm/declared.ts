import { Option, type Command } from 'commander';
import { readAll } from '../api.js';
import { count, id } from '../arguments.js';
import { lister, show, verb, type Context } from '../context.js';
import { destructive, isMeant, touching, type Meant } from '../destructive.js';
import { moment } from '../output.js';

const OBJECT_TYPE = 'contacts, companies, deals, tickets, or a custom object by its id, name or label';
const PORTAL = ['--portal <portalId>', 'of this portal; needed where there are several', id] as const;
const KINDS = ['text', 'number', 'date'] as const;

interface OfPortal {
  readonly portal?: string;
  readonly json?: boolean;
}

/** By which properties records are found and sorted. */
export function addDeclared(records: Command, context: Context): void {
  lister(records, {
    name: 'declared',
    description: 'list the properties by which records of a type are found and sorted',
    example: 'declared contacts --portal 62515',
  })
    .argument('<objectType>', OBJECT_TYPE)
    .option(...PORTAL)
    .option('--limit <n>', 'at most so many', count, 100)
    .option('--after <property>', 'go on where another list ended')
    .action(
      async (
        objectType: string,
        { portal, limit, after, json }: OfPortal & { limit: number; after?: string },
      ) => {
        const query = { portalId: portal, after };
        const page = await readAll(context.api(), '/api/objects/{objectType}/declared', query, limit, 100, {
          objectType,
        });
        show(context, json, page, () =>
          context.table(
            ['property', 'kind', 'state', 'records filled in', 'declared', 'ready'],
            page.items.map((one) => [
              ...[one.property, one.kind, one.state, one.filled],
              ...[moment(one.declaredAt), moment(one.filledAt)],
            ]),
          ),
        );
      },
    );

  verb(records, {
    name: 'declare',
    description: 'find and sort the records of a type by a property',
    example: 'declare deals amount --kind number --portal 62515',
  })
    .argument('<objectType>', OBJECT_TYPE)
    .argument('<property>', "HubSpot's name of the property")
    .addOption(
      new Option('--kind <kind>', 'how its values are compared; else as the portal defines it').choices(
        KINDS,
      ),
    )
    .option(...PORTAL)
    .action(
      async (
        objectType: string,
        property: string,
        { portal, kind, json }: OfPortal & { kind?: (typeof KINDS)[number] },
      ) => {
        const declared = await context.api().put('/api/objects/{objectType}/declared/{property}', {
          params: { path: { objectType, property }, query: portal === undefined ? {} : { portalId: portal } },
          body: { ...(kind !== undefined && { kind }) },
        });
        show(context, json, declared, () =>
          declared.state === 'ready'
            ? `${property} is declared, and records are found by it`
            : `${property} is declared, and is being filled in for the records that are there: sluice records declared ${objectType}`,
        );
      },
    );

  destructive(
    verb(records, {
      name: 'undeclare',
      description: 'no longer find the records of a type by a property; the records stay',
      example: 'undeclare deals amount --portal 62515',
    }),
  )
    .argument('<objectType>', OBJECT_TYPE)
    .argument('<property>', "HubSpot's name of the property")
    .option(...PORTAL)
    .action(async (objectType: string, property: string, options: Meant & OfPortal) => {
      const query = options.portal === undefined ? {} : { portalId: options.portal };
      const api = context.api();
      const look = async () => {
        const { items } = await api.get('/api/objects/{objectType}/declared', {
          params: { path: { objectType }, query: { ...query, limit: 100 } },
        });
        const found = items.find((one) => one.property === property);
        const stands = found ? `${found.kind}, ${found.state}` : 'not declared';
        return touching(
          `Requests that filter or sort ${objectType} by ${property} (${stands}) are refused from then on`,
          [],
        );
      };
      if (!(await isMeant(context, options, look))) return;
      await api.delete('/api/objects/{objectType}/declared/{property}', {
        params: { path: { objectType, property }, query },
      });
      show(
        context,
        options.json,
        { undeclared: true },
        () => `${property} is not declared any more; its values are being removed`,
      );
    });
}
