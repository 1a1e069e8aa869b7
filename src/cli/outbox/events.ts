import { stringifyExactJson } from '../../domain/exactJson.js';
import { EVENT_CLASSES } from '../../domain/outbox/retry.js';
import { Option, type Command } from 'commander';
import { setTimeout as delay } from 'node:timers/promises';
import { given, readAll, type Answers, type Api } from '../api.js';
import { count, id } from '../arguments.js';
import { destructive, isMeant, touching, type Meant } from '../destructive.js';
import { lister, show, verb, type Context } from '../context.js';
import { counted, duration, moment, sheet } from '../output.js';
import { describeLimits, whyNot } from '../portals/limits.js';

type OutboxEvent = Answers['Event'];

interface Json {
  readonly json?: boolean;
}

interface ListOptions {
  readonly portal?: string;
  readonly type?: string;
  readonly state?: OutboxEvent['state'];
  readonly errorClass?: (typeof EVENT_CLASSES)[number];
  readonly key?: string;
  readonly since?: string;
  readonly limit: number;
  readonly after?: string;
}

const STATES = ['pending', 'sending', 'retrying', 'held', 'processed', 'dead', 'invalid', 'discarded'];
const TAIL_EVERY_MS = 1000;
const TAIL_PAGE = 100;
const TAIL_REMEMBERS = 2000;

export function addEvents(outbox: Command, context: Context): void {
  lister(outbox, {
    name: 'status',
    description: 'how the outbox stands, whole or of one portal',
    example: 'status --portal 41000002',
  })
    .option('--portal <portalId>', 'of one portal', id)
    .action(async ({ portal, json }: Json & { portal?: string }) => {
      const api = context.api();
      const query = given({ portalId: portal });
      const stats = await api.get('/api/outbox/stats', { params: { query } });
      show(context, json, stats, () => describeStats(context, stats));
    });

  lister(outbox, { name: 'list', description: 'list events, newest first', example: 'list --state retrying' })
    .option('--portal <portalId>', 'only those of one portal', id)
    .option('--type <type>', 'only those of one type')
    .addOption(new Option('--state <state>', 'only those in one state').choices(STATES))
    .addOption(
      new Option('--error-class <class>', 'only those whose last failure was of this class').choices(
        EVENT_CLASSES,
      ),
    )
    .option('--key <key>', 'the one with this key')
    .option('--since <time>', 'only those captured since, e.g. 2027-01-01T00:00:00Z')
    .option('--limit <n>', 'at most so many', count, 50)
    .option('--after <id>', 'go on where another list ended', id)
    .action(async ({ portal, limit, json, ...rest }: Json & ListOptions) => {
      const query = { portalId: portal, ...rest };
      const api = context.api();
      const page = await readAll(api, '/api/events', query, limit, 200);
      show(context, json, page, () => listing(context, page));
      if (page.next !== null && !json) context.say(`There are more: --after ${page.next}`);
    });

  lister(outbox, {
    name: 'show',
    description: 'show one event: its payload, its effects and what happened to it',
    example: 'show 4711',
  })
    .argument('<eventId>', 'its id', id)
    .action(async (eventId: string, { json }: Json) => {
      const event = await context.api().get('/api/events/{id}', { params: { path: { id: eventId } } });
      show(context, json, event, () => describeEvent(context, event));
    });

  const hold = (name: 'pause' | 'resume', description: string, example: string): Command =>
    verb(outbox, { name, description, example }).argument('<portalId>', 'the portal', id);
  destructive(
    hold('pause', 'hold the deliveries of a portal; events are captured all the same', 'pause 41000002'),
  )
    .option('--reason <text>', 'why, for whoever looks')
    .action(async (portalId: string, { reason, ...meant }: Meant & { reason?: string }) => {
      const api = context.api();
      const look = async () => {
        const { unprocessed } = await api.get('/api/outbox/stats', { params: { query: { portalId } } });
        return touching(
          `Holds all deliveries of portal ${portalId}: ${counted(unprocessed, 'event')} wait now`,
          [],
        );
      };
      if (!(await isMeant(context, meant, look))) return;
      const options = { params: { path: { portalId } }, body: given({ reason }) };
      const portal = await api.post('/api/outbox/portals/{portalId}/pause', options);
      show(context, meant.json, portal, () => `The outbox of portal ${portalId} is paused`);
    });
  hold('resume', 'let the deliveries of a portal go on', 'resume 41000002').action(
    async (portalId: string, { json }: Json) => {
      const params = { path: { portalId } };
      const portal = await context.api().post('/api/outbox/portals/{portalId}/resume', { params });
      show(context, json, portal, () => `The outbox of portal ${portalId} goes on`);
    },
  );

  verb(outbox, {
    name: 'tail',
    description: 'follow events as they come and end, until Ctrl-C',
    example: 'tail --portal 41000002',
  })
    .option('--portal <portalId>', 'only those of one portal', id)
    .option('--for <seconds>', 'end by itself after so long', count)
    .action(async ({ portal, for: seconds, json }: Json & { portal?: string; for?: number }) => {
      const api = context.api();
      const shown = new Map<string, string>();
      const endsAt = seconds === undefined ? Infinity : performance.now() + seconds * 1000;
      for (let first = true; performance.now() < endsAt; first = false) {
        const events = await newest(api, portal, first ? undefined : shown);
        for (const event of events.reverse()) {
          const state = `${event.state}/${event.attempts}`;
          if (shown.get(event.id) === state) continue;
          shown.delete(event.id); // so that it stands last: the first ones are forgotten first
          shown.set(event.id, state);
          // What was there before is not shown, but for what is under way.
          if (first && event.state !== 'sending' && event.state !== 'pending') continue;
          context.print(json ? JSON.stringify(event) : line(event));
        }
        for (const id of [...shown.keys()].slice(0, Math.max(0, shown.size - TAIL_REMEMBERS)))
          shown.delete(id);
        await delay(Math.max(0, Math.min(TAIL_EVERY_MS, endsAt - performance.now())));
      }
    });
}

/** The newest page of events, and as many before it as are needed to reach one that is known. */
async function newest(
  api: Api,
  portalId: string | undefined,
  known: ReadonlyMap<string, string> | undefined,
): Promise<OutboxEvent[]> {
  const events: OutboxEvent[] = [];
  for (let after: string | undefined; ;) {
    const query = given({ portalId, after, limit: TAIL_PAGE });
    const page: Answers['EventPage'] = await api.get('/api/events', { params: { query } });
    events.push(...page.items);
    const reached = !known || known.size === 0 || page.items.some(({ id }) => known.has(id));
    if (reached || page.next === null || events.length >= TAIL_REMEMBERS) return events;
    after = page.next;
  }
}

/** `generic:invoice_paid` of an event that is mapped by data. */
export function typeOf({ type, mapping }: Pick<OutboxEvent, 'type' | 'mapping'>): string {
  return mapping === null ? type : `${type}:${mapping}`;
}

function line(event: OutboxEvent): string {
  const how =
    event.lastError !== null && event.state !== 'processed'
      ? `  ${event.errorClass}: ${event.lastError}`
      : '';
  return `${event.processedAt ?? event.capturedAt}  ${event.id}  ${event.portalId ?? '-'}  ${typeOf(event)}  ${stateOf(event)}${how}`;
}

function listing(context: Context, page: Answers['EventPage']): string {
  return context.table(
    ['id', 'portal', 'type', 'state', 'captured', 'processed', 'tries', 'next try', 'last error'],
    page.items.map((one) => [
      one.id,
      one.portalId === null ? null : String(one.portalId),
      typeOf(one),
      stateOf(one),
      moment(one.capturedAt),
      moment(one.processedAt),
      one.attempts,
      moment(one.nextAttemptAt),
      one.lastError === null ? null : `${one.errorClass ?? ''}: ${one.lastError}`,
    ]),
  );
}

/** `processed (dry, by fallback)` */
function stateOf({ state, mode, byFallback }: OutboxEvent): string {
  const notes = [...(mode !== null && mode !== 'live' ? [mode] : []), ...(byFallback ? ['by fallback'] : [])];
  return notes.length === 0 ? state : `${state} (${notes.join(', ')})`;
}

function describeEvent(context: Context, event: Answers['EventDetail']): string {
  return [
    sheet([
      ['event', event.id],
      ['portal', event.portalId],
      ['type', `${typeOf(event)}, version ${event.version}`],
      ['state', stateOf(event)],
      ['key', event.eventKey],
      ['ordering key', event.orderingKey],
      ['occurred', event.occurredAt],
      ['captured', event.capturedAt],
      ['processed', event.processedAt],
      ['tries', event.attempts],
      ['next try', event.nextAttemptAt],
      ['last error', event.lastError],
      ['payload', stringifyExactJson(event.payload)],
    ]),
    ...(event.effects.length === 0
      ? []
      : [
          context.table(
            ['effect', 'state', 'in hubspot', 'answers lost'],
            event.effects.map((one) => [
              one.n,
              one.fallback === null ? one.state : `${one.state}, by its fallback: ${whyNot(one.fallback)}`,
              one.objectId,
              one.ambiguous,
            ]),
          ),
        ]),
    context.table(
      ['at', 'what', 'detail'],
      event.timeline.map((one) => [one.at, one.what, one.detail]),
    ),
  ].join('\n\n');
}

function describeStats(context: Context, stats: Answers['OutboxStats']): string {
  const failed = Object.entries(stats.failedByClass).map(([name, number]) => `${number} ${name}`);
  return [
    sheet([
      [
        'sending',
        stats.mode === 'live'
          ? 'live'
          : stats.mode === 'dry'
            ? 'dry run (HUBSPOT_SEND_LIVE)'
            : 'switched off (HUBSPOT_ENABLED)',
      ],
      ['unprocessed', stats.unprocessed],
      ['oldest', duration(stats.oldestMs)],
      ['to be tried again', stats.retrying],
      ['wait behind an event of their key', stats.held],
      ['processed in the last minute', stats.processedLastMinute],
      ['of these, by fallback', stats.fallbacksLastMinute],
      ['dead letters', stats.dead],
      ['invalid', stats.invalid],
      ['failed, by class', failed.join(', ')],
    ]),
    ...(stats.portals.length === 0
      ? []
      : [
          context.table(
            ['portal', 'delivery', 'failures in a row', 'circuit open until', 'paused'],
            stats.portals.map((one) => [
              String(one.portalId),
              one.awake ? 'at work' : 'asleep',
              one.failuresInARow,
              moment(one.circuitOpenUntil),
              one.pausedAt === null ? null : (one.pauseReason ?? 'yes'),
            ]),
          ),
        ]),
    ...stats.portals.flatMap(({ portalId, limitedTypes }) =>
      limitedTypes.length === 0 ? [] : [`Portal ${portalId}:\n${describeLimits(context, limitedTypes)}`],
    ),
  ].join('\n\n');
}
