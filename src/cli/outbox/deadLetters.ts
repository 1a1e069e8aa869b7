import { Option, type Command } from 'commander';
import { setTimeout as delay } from 'node:timers/promises';
import { count, id, ids, uuid } from '../arguments.js';
import { show, verb, type Context } from '../context.js';
import { CliError } from '../errors.js';
import { duration, table } from '../output.js';

interface DeadLetter {
  readonly id: string;
  readonly portalId: number | null;
  readonly type: string;
  readonly state: string;
  readonly errorClass: string | null;
  readonly reason: string;
  readonly attempts: number;
  readonly diedAt: string;
}

interface Group {
  readonly portalId: number | null;
  readonly type: string;
  readonly errorClass: string | null;
  readonly count: number;
}

interface Preview {
  readonly total: number;
  readonly groups: readonly Group[];
  readonly perSecond?: number;
  readonly durationMs?: number;
  readonly calls?: number;
  readonly stillInvalid?: number;
  readonly reasons?: readonly string[];
}

interface Redrive {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly total: number;
  readonly moved: number;
  readonly stillInvalid: number;
  readonly perSecond: number;
  readonly createdAt: string;
  readonly reason: string | null;
}

interface Json {
  readonly json?: boolean;
}

interface FilterOptions {
  readonly portal?: string;
  readonly type?: string;
  readonly state?: string;
  readonly errorClass?: string;
  readonly since?: string;
  readonly all?: boolean;
}

interface PaceOptions {
  readonly perSecond?: number;
  readonly preview?: boolean;
  readonly watch?: boolean;
}

const WATCH_EVERY_MS = 1000;

export function addDeadLetters(outbox: Command, context: Context): void {
  filtered(
    verb(outbox, {
      name: 'dead',
      description: 'list dead letters: events that will not be sent unless somebody decides so',
      example: 'dead --type nova_earned --error-class permanent',
    }),
  )
    .option('--limit <n>', 'at most so many', count, 50)
    .action(async ({ limit, json, ...options }: Json & FilterOptions & { limit: number }) => {
      const query = { ...filterOf(options), limit: Math.min(limit, 200) };
      const page = await context
        .client()
        .get<{ items: DeadLetter[]; groups: Group[] }>('/api/outbox/dead-letters', query);
      show(context, json, page, () =>
        [
          groupsTable(page.groups),
          table(
            ['id', 'portal', 'type', 'state', 'died', 'tries', 'why'],
            page.items.map((one) => [
              one.id,
              one.portalId === null ? null : String(one.portalId),
              one.type,
              one.state,
              one.diedAt,
              one.attempts,
              `${one.errorClass ?? one.state}: ${one.reason}`,
            ]),
          ),
        ].join('\n\n'),
      );
    });

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
    .action(async (eventIds: string[], options: Json & FilterOptions & PaceOptions) => {
      const { perSecond, preview = false, json } = options;
      const body = { filter: whichOf(eventIds, options), perSecond, preview };
      if (preview) return previewed(await context.client().post<Preview>('/api/outbox/redrives', body), json);
      await begun(await context.client().post<Redrive>('/api/outbox/redrives', body), options);
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
    .action(async (options: Json & PaceOptions & { dryRunSince: string; portal?: string; type?: string }) => {
      const { dryRunSince, portal, type, perSecond, preview = false, json } = options;
      const body = { filter: { since: dryRunSince, portalId: portal, type }, perSecond, preview };
      if (preview) return previewed(await context.client().post<Preview>('/api/outbox/replays', body), json);
      await begun(await context.client().post<Redrive>('/api/outbox/replays', body), options);
    });

  filtered(
    verb(outbox, {
      name: 'discard',
      description: 'give dead letters up, with a reason; they stay to be seen',
      example: "discard 4711 --reason 'a test'",
    }).argument('[eventIds...]', 'their ids', ids),
  )
    .option('--all', 'all of them, when nothing else says which')
    .option('--preview', 'say which, and do nothing')
    .requiredOption('--reason <text>', 'why')
    .action(
      async (eventIds: string[], options: Json & FilterOptions & { reason: string; preview?: boolean }) => {
        const { reason, preview = false, json } = options;
        const body = { filter: whichOf(eventIds, options), reason, preview };
        const done = await context
          .client()
          .post<Preview & { discarded: number }>('/api/outbox/discards', body);
        if (preview) return previewed(done, json);
        show(context, json, done, () => `${done.discarded} discarded`);
      },
    );

  const redrives = verb(outbox, {
    name: 'redrives',
    description: 'list redrives and replays, or watch or cancel one',
    example: 'redrives 0b6f… --cancel',
  })
    .argument('[redriveId]', 'one of them', uuid)
    .option('--cancel', 'end it; what was moved stays on its way')
    .option('--watch', 'show its progress until it ends');
  redrives.action(
    async (
      redriveId: string | undefined,
      { cancel, watch, json }: Json & { cancel?: boolean; watch?: boolean },
    ) => {
      const client = context.client();
      if (redriveId === undefined) {
        const page = await client.get<{ items: Redrive[] }>('/api/outbox/redrives');
        return show(context, json, page, () => redrivesTable(page.items));
      }
      const path = `/api/outbox/redrives/${redriveId}`;
      const redrive = cancel ? await client.post<Redrive>(`${path}/cancel`) : await client.get<Redrive>(path);
      if (watch) return watched(redrive, json);
      show(context, json, redrive, () => redrivesTable([redrive]));
    },
  );

  function previewed(preview: Preview, json: boolean | undefined): void {
    show(context, json, preview, () => {
      const { total, perSecond, durationMs, calls, stillInvalid, reasons = [] } = preview;
      const lines = [`${total} events`];
      if (calls !== undefined) lines.push(`about ${calls} calls to HubSpot`);
      if (durationMs !== undefined)
        lines.push(`${duration(durationMs) ?? '-'} at ${perSecond ?? '-'} a second`);
      if (stillInvalid) lines.push(`about ${stillInvalid} still invalid`);
      return [lines.join(', '), ...reasons.map((reason) => `  ${reason}`), groupsTable(preview.groups)].join(
        '\n',
      );
    });
  }

  async function begun(redrive: Redrive, { json, watch }: Json & PaceOptions): Promise<void> {
    if (watch) return watched(redrive, json);
    show(
      context,
      json,
      redrive,
      () =>
        `${redrive.total} events go out at ${redrive.perSecond} a second. Its progress: sluice outbox redrives ${redrive.id} --watch`,
    );
  }

  async function watched(first: Redrive, json: boolean | undefined): Promise<void> {
    let redrive = first;
    while (redrive.state === 'running') {
      if (!json) context.say(`${redrive.moved} of ${redrive.total} moved`);
      await delay(WATCH_EVERY_MS);
      redrive = await context.client().get<Redrive>(`/api/outbox/redrives/${redrive.id}`);
    }
    show(context, json, redrive, () => redrivesTable([redrive]));
    if (redrive.state !== 'done') throw new CliError(`It ended as ${redrive.state}: ${redrive.reason ?? ''}`);
  }
}

function filtered(command: Command): Command {
  return command
    .option('--portal <portalId>', 'only those of one portal', id)
    .option('--type <type>', 'only those of one type')
    .addOption(
      new Option('--state <state>', 'only those in one state').choices(['dead', 'invalid', 'discarded']),
    )
    .option('--error-class <class>', 'only those that died of this class')
    .option('--since <time>', 'only those that died since, e.g. 2027-01-01T00:00:00Z');
}

function paced(command: Command): Command {
  return command
    .option('--per-second <n>', 'so many events a second at most', Number)
    .option('--preview', 'say how many events and calls that are and how long it takes, and do nothing')
    .option('--watch', 'show its progress until it ends');
}

function filterOf({
  portal,
  type,
  state,
  errorClass,
  since,
}: FilterOptions): Record<string, string | undefined> {
  return { portalId: portal, type, state, errorClass, since };
}

/** A filter that names something: nobody redrives everything by leaving a word out. */
function whichOf(eventIds: readonly string[], options: FilterOptions) {
  const filter = filterOf(options);
  const named = eventIds.length > 0 || Object.values(filter).some((value) => value !== undefined);
  if (!named && options.all !== true) throw new CliError('Name ids or a filter, or say --all', 2);
  return eventIds.length > 0 ? { ...filter, ids: eventIds } : filter;
}

function groupsTable(groups: readonly Group[]): string {
  return table(
    ['portal', 'type', 'class', 'events'],
    groups.map((one) => [
      one.portalId === null ? null : String(one.portalId),
      one.type,
      one.errorClass,
      one.count,
    ]),
  );
}

function redrivesTable(redrives: readonly Redrive[]): string {
  return table(
    ['id', 'what', 'state', 'moved', 'of', 'still invalid', 'a second', 'asked for', 'reason'],
    redrives.map((one) => [
      one.id,
      one.kind === 'dry_run' ? 'dry run' : 'dead letters',
      one.state,
      one.moved,
      one.total,
      one.stillInvalid,
      one.perSecond,
      one.createdAt,
      one.reason,
    ]),
  );
}
