import type { Command } from 'commander';
import { stringifyExactJson } from '../../domain/exactJson.js';
import { readAll } from '../api.js';
import { count, id } from '../arguments.js';
import { lister, show, verb, type Context } from '../context.js';
import { destructive, isMeant, touching, type Meant, type Preview } from '../destructive.js';
import { moment } from '../output.js';

interface OfPortal {
  readonly portal?: string;
  readonly json?: boolean;
}

const OBJECT_TYPE = 'contacts, companies, deals, tickets, or a custom object by its id, name or label';
const PORTAL = 'of this portal; needed where there are several';

/** What is stored of one record, and how it is erased: verbs of `sluice records`. */
export function addPrivacy(records: Command, context: Context): void {
  verb(records, {
    name: 'stored',
    description: 'print all that is stored of a record, in whichever table, as JSON, a line for each row',
    example: 'stored contacts 51 --portal 62515',
  })
    .argument('<objectType>', OBJECT_TYPE)
    .argument('<id>', "HubSpot's id of the record", id)
    .option('--portal <portalId>', PORTAL, id)
    .option('--also <word>', 'what else others name it by: a former address, a number')
    .action(async (objectType: string, recordId: string, { portal, also }: OfPortal & { also?: string }) => {
      const params = { path: { objectType, recordId } };
      let after: string | undefined;
      do {
        const query = {
          ...(portal !== undefined && { portalId: portal }),
          ...(also !== undefined && { also }),
          ...(after !== undefined && { after }),
        };
        const page = await context
          .api()
          .get('/api/stored/{objectType}/{recordId}', { params: { ...params, query } });
        for (const item of page.items) context.print(stringifyExactJson(item));
        after = page.next ?? undefined;
      } while (after !== undefined);
    });

  destructive(
    verb(records, {
      name: 'erase',
      description: 'erase all that is stored of a record, for good; nothing of it comes back',
      example: 'erase contacts 51 --portal 62515',
    }),
  )
    .argument('<objectType>', OBJECT_TYPE)
    .argument('<id>', "HubSpot's id of the record", id)
    .option('--portal <portalId>', PORTAL, id)
    .option('--also <words...>', 'what else others name it by: former addresses, numbers')
    .action(async (objectType: string, recordId: string, options: OfPortal & Meant & { also?: string[] }) => {
      const { portal, also = [], json } = options;
      const body = { objectType, recordId, also, ...(portal !== undefined && { portalId: Number(portal) }) };
      if (!(await isMeant(context, options, () => look(context, body)))) return;
      const begun = await context.api().post('/api/erasures', { body: { ...body, preview: false } });
      const which = 'id' in begun ? `: erasure ${begun.id}` : '';
      show(
        context,
        json,
        begun,
        () => `It is out of the mirror. What else is stored of it is being erased${which}`,
      );
    });

  lister(records, {
    name: 'erasures',
    description: 'list what was erased, and what is still being erased; of whom is not kept',
    example: 'erasures',
  })
    .option('--limit <n>', 'at most so many', count, 100)
    .option('--after <place>', 'go on where another list ended')
    .action(async ({ limit, after, json }: { limit: number; after?: string; json?: boolean }) => {
      const page = await readAll(context.api(), '/api/erasures', { after }, limit, 100);
      show(context, json, page, () =>
        context.table(
          ['erasure', 'portal', 'type', 'asked for', 'by', 'done', 'rows', 'because'],
          page.items.map((one) => [
            ...[one.id, String(one.portalId), one.objectType, moment(one.requestedAt), one.requestedBy],
            ...[moment(one.doneAt), Object.values(one.erased).reduce((sum, n) => sum + n, 0)],
            one.failure ?? '-',
          ]),
        ),
      );
      if (page.next !== null && !json) context.say(`There are more: --after ${page.next}`);
    });
}

async function look(
  context: Context,
  body: { objectType: string; recordId: string; also: string[]; portalId?: number },
): Promise<Preview> {
  const seen = await context.api().post('/api/erasures', { body: { ...body, preview: true } });
  if ('id' in seen) throw new Error('The API has erased what it was to show alone');
  const does = `Erases record ${seen.recordId} of the ${seen.objectType} of portal ${seen.portalId} for good, ${seen.mirrored ? 'which the mirror has' : 'which the mirror does not have'}, and with it events, calls and answers that name it by its id or by`;
  return touching(does, seen.words);
}
