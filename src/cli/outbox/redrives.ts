import type { Command } from 'commander';
import { setTimeout as delay } from 'node:timers/promises';
import { given, readAll, type Answers } from '../api.js';
import { count, id, ids, positive, uuid } from '../arguments.js';
import { destructive, isMeant, touching, type Meant } from '../destructive.js';
import { tabled, show, verb, type Context } from '../context.js';
import { CliError } from '../errors.js';
import { counted, moment } from '../output.js';
import {
  filtered,
  isMeantFor,
  whichOf,
  type FilterOptions,
  type Json,
  type Looked,
} from './deadLetterFilter.js';

type Redrive = Answers['Redrive'];

interface RedrivesOptions {
  readonly cancel?: boolean;
  readonly watch?: boolean;
  readonly limit: number;
  readonly after?: string;
}

interface PaceOptions {
  readonly perSecond?: number;
  readonly watch?: boolean;
}

const WATCH_EVERY_MS = 1000;

/** Sends events again, at a pace: those that died, and those that only ran dry. */
export function addRedrives(outbox: Command, context: Context): void {
  paced(
    filtered(
      verb(outbox, {
        name: 'redrive',
        description: 'send dead letters again: some by id, or all that match',
        example: 'redrive --type nova_earned --since 2027-01-01T00:00:00Z --preview',
      }).argument('[eventIds...]', 'their ids', ids),
    ),
  )
    .option('--all', 'all of them, when nothing else says which')
    .action(async (eventIds: string[], options: Looked & FilterOptions & PaceOptions) => {
      const { perSecond } = options;
      const body = { filter: whichOf(eventIds, options), ...given({ perSecond }) };
      const redrive = (preview: boolean) =>
        context.api().post('/api/outbox/redrives', { body: { ...body, preview } });
      if (!(await isMeantFor(context, 'Sends again', options, () => redrive(true)))) return;
      await begun((await redrive(false)) as Redrive, options);
    });

  paced(
    verb(outbox, {
      name: 'replay',
      description: 'send what only ran dry',
      example: 'replay --dry-run-since 2027-01-01T00:00:00Z --preview',
    }),
  )
    .requiredOption('--dry-run-since <time>', 'events that ran dry since then')
    .option('--portal <portalId>', 'only those of one portal', id)
    .option('--type <type>', 'only those of one type')
    .action(
      async (options: Looked & PaceOptions & { dryRunSince: string; portal?: string; type?: string }) => {
        const { dryRunSince, portal, type, perSecond } = options;
        const filter = { since: dryRunSince, ...given({ portalId: portal, type }) };
        const body = { filter, ...given({ perSecond }) };
        const replay = (preview: boolean) =>
          context.api().post('/api/outbox/replays', { body: { ...body, preview } });
        if (!(await isMeantFor(context, 'Sends what ran dry:', options, () => replay(true)))) return;
        await begun((await replay(false)) as Redrive, options);
      },
    );

  const redrives = destructive(
    tabled(outbox, {
      name: 'redrives',
      description: 'list redrives and replays, or watch or cancel one',
      example: 'redrives 0b6f… --cancel',
    }),
  )
    .argument('[redriveId]', 'one of them', uuid)
    .option('--cancel', 'end it; what was moved stays on its way')
    .option('--watch', 'show its progress until it ends')
    .option('--limit <n>', 'at most so many', count, 50)
    .option('--after <id>', 'go on where another list ended', uuid);
  redrives.action(async (redriveId: string | undefined, options: Meant & RedrivesOptions) => {
    const { cancel, watch, limit, after, json } = options;
    const api = context.api();
    if (redriveId === undefined) {
      const page = await readAll(api, '/api/outbox/redrives', given({ after }), limit, 200);
      show(context, json, page, () => redrivesTable(context, page.items));
      if (page.next !== null && !json) context.say(`There are more: --after ${page.next}`);
      return;
    }
    const params = { path: { id: redriveId } };
    const look = async () => {
      const { moved, total, state } = await api.get('/api/outbox/redrives/{id}', { params });
      return touching(`Ends redrive ${redriveId}: ${state}, ${moved} of ${total} are on their way`, []);
    };
    if (cancel && !(await isMeant(context, options, look))) return;
    const redrive = cancel
      ? await api.post('/api/outbox/redrives/{id}/cancel', { params })
      : await api.get('/api/outbox/redrives/{id}', { params });
    if (watch) return watched(redrive, json);
    show(context, json, redrive, () => redrivesTable(context, [redrive]));
  });

  async function begun(redrive: Redrive, { json, watch }: Json & PaceOptions): Promise<void> {
    if (watch) return watched(redrive, json);
    show(
      context,
      json,
      redrive,
      () =>
        `${counted(redrive.total, 'event')} to send again, at ${redrive.perSecond} a second at most. Its progress: sluice outbox redrives ${redrive.id} --watch`,
    );
  }

  async function watched(first: Redrive, json: boolean | undefined): Promise<void> {
    let redrive = first;
    while (redrive.state === 'running') {
      if (!json) context.say(`${redrive.moved} of ${redrive.total} moved`);
      await delay(WATCH_EVERY_MS);
      redrive = await context
        .api()
        .get('/api/outbox/redrives/{id}', { params: { path: { id: redrive.id } } });
    }
    show(context, json, redrive, () => redrivesTable(context, [redrive]));
    if (redrive.state !== 'done') throw new CliError(`It ended as ${redrive.state}: ${redrive.reason ?? ''}`);
  }
}

function paced(command: Command): Command {
  return destructive(command)
    .option('--per-second <n>', 'so many events a second at most', positive)
    .option('--preview', 'the same as --dry-run')
    .option('--watch', 'show its progress until it ends');
}

function redrivesTable(context: Context, redrives: readonly Redrive[]): string {
  return context.table(
    ['id', 'of', 'state', 'moved', 'invalid', 'begun', 'reason'],
    redrives.map((one) => [
      one.id,
      one.kind === 'dry_run' ? 'dry run' : 'dead',
      one.state,
      `${one.moved} of ${one.total}`,
      one.stillInvalid,
      moment(one.createdAt),
      one.reason,
    ]),
  );
}
