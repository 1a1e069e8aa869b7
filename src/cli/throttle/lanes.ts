import { Option, type Command } from 'commander';
import { readAll, type Answers } from '../api.js';
import { count, id, onOff, orNone, rate, shortRate } from '../arguments.js';
import { destructive, isMeant, touching, type Meant } from '../destructive.js';
import { lister, show, verb, type Context } from '../context.js';
import { CliError } from '../errors.js';
import { counted, duration, roughly, sheet } from '../output.js';

type Lane = Answers['Lane'];

interface Json {
  readonly json?: boolean;
}

interface ListOptions {
  readonly portal?: string;
  readonly limit: number;
  readonly after?: string;
}

export function addLanes(lanes: Command, context: Context): void {
  const change = async (laneId: string, body: Answers['LaneChange'], { json }: Json): Promise<void> => {
    const lane = await context.api().patch('/api/lanes/{id}', { params: { path: { id: laneId } }, body });
    show(context, json, lane, () => describe(lane));
  };

  lister(lanes, { name: 'list', description: 'list lanes', example: 'list --portal 62515' })
    .option('--portal <portalId>', 'only those of one portal', id)
    .option('--limit <n>', 'at most so many', count, 500)
    .option('--after <id>', 'go on where another list ended', id)
    .action(async ({ portal, limit, after, json }: Json & ListOptions) => {
      const api = context.api();
      const page = await readAll(api, '/api/lanes', { portalId: portal, after }, limit, 100);
      show(context, json, page, () =>
        context.table(
          [
            ...[
              'id',
              'portal',
              'lane',
              'rate',
              'set by',
              'waiting',
              'sending',
              'oldest',
              'last in',
              'window',
            ],
            'stopped by',
          ],
          page.items.map((lane) => [
            lane.id,
            String(lane.portalId),
            lane.key,
            shortRate(lane.rate),
            lane.rate.source,
            lane.waiting,
            lane.sending,
            roughly(lane.oldestWaitingMs),
            roughly(lane.lastEtaMs),
            `${lane.window.used}/${lane.rate.limit}`,
            stoppedBy(lane),
          ]),
        ),
      );
      if (page.next !== null && !json) context.say(`There are more: --after ${page.next}`);
    });

  verb(lanes, {
    name: 'show',
    description: 'show one lane: what is set and how full it is',
    example: 'show 7',
  })
    .argument('<laneId>', 'its id', id)
    .action(async (laneId: string, { json }: Json) => {
      const lane = await context.api().get('/api/lanes/{id}', { params: { path: { id: laneId } } });
      show(context, json, lane, () => describe(lane));
    });

  verb(lanes, {
    name: 'set',
    description: 'change a lane; in force at once',
    example: 'set 7 --rate 100/10s --spread on',
  })
    .argument('<laneId>', 'its id', id)
    .option('--rate <rate>', 'e.g. 100/10s, 25/1d; none: what else is set applies', orNone(rate))
    .option('--spread <on|off>', 'evenly over the interval instead of as fast as the window allows', onOff)
    .option(
      '--max-per-workflow <n>',
      'executions in one workflow, 1 to 100; none: the default',
      orNone(count),
    )
    .addOption(
      new Option('--beyond-block <what>', 'what exceeds the longest that HubSpot can hold').choices([
        'refuse',
        'hold',
      ]),
    )
    .action(async (laneId: string, { json, ...changes }: Json & Record<string, unknown>) => {
      if (Object.keys(changes).length === 0)
        throw new CliError('Say what to set: --rate, --spread, --max-per-workflow or --beyond-block', 2);
      const body = Object.fromEntries(
        Object.entries(changes).map(([name, value]) => [name, value === 'none' ? null : value]),
      );
      await change(laneId, body, { ...(json !== undefined && { json }) });
    });

  verb(lanes, {
    name: 'pause',
    description: 'let nothing of a lane go until it is resumed',
    example: 'pause 7 --reason "partner is down"',
  })
    .argument('<laneId>', 'its id', id)
    .option('--reason <text>', 'why, for the next person who looks at it')
    .action(async (laneId: string, { reason, json }: Json & { reason?: string }) => {
      await change(
        laneId,
        { paused: reason === undefined ? true : { reason } },
        { ...(json !== undefined && { json }) },
      );
    });

  verb(lanes, { name: 'resume', description: 'let a paused lane go on', example: 'resume 7' })
    .argument('<laneId>', 'its id', id)
    .action(async (laneId: string, options: Json) => change(laneId, { paused: false }, options));

  destructive(
    verb(lanes, {
      name: 'drain',
      description: 'end everything that waits in a lane now',
      example: 'drain 7 --as cancelled',
    }),
  )
    .argument('<laneId>', 'its id', id)
    .addOption(
      new Option(
        '--as <how>',
        'released: go on in HubSpot at once, whatever the rate; cancelled: go on as failed',
      )
        .choices(['released', 'cancelled'])
        .makeOptionMandatory(),
    )
    .action(async (laneId: string, { as, ...options }: Meant & Answers['Drain']) => {
      const params = { path: { id: laneId } };
      const api = context.api();
      const look = async () => {
        const lane = await api.get('/api/lanes/{id}', { params });
        const query = { laneId, state: 'waiting', limit: 5 } as const;
        const { items } = await api.get('/api/executions', { params: { query } });
        const does = `Ends ${counted(lane.waiting, 'execution')} that wait in lane ${laneId} (${lane.key}) of portal ${lane.portalId} as ${as}`;
        return touching(does, items.map(nameOf), lane.waiting);
      };
      if (!(await isMeant(context, options, look))) return;
      const result = await api.post('/api/lanes/{id}/drain', { params, body: { as } });
      show(context, options.json, result, () => `${counted(result.drained, 'execution')} will end as ${as}`);
    });
}

/** An execution in a line of a preview. */
export function nameOf({ id, callbackId, state }: Answers['Execution']): string {
  return `execution ${id}, callback ${callbackId}, ${state}`;
}

function describe(lane: Lane): string {
  const { window, paused, portal } = lane;
  return sheet([
    ['lane', lane.id],
    ['portal', lane.portalId],
    ...(portal.state === 'active'
      ? []
      : ([
          [
            'stopped by',
            `the portal, which is ${portal.state}${portal.reason === null ? '' : `: ${portal.reason}`}`,
          ],
        ] as const)),
    ...(lane.suspended === null ? [] : ([['suspended', describeSuspension(lane.suspended)]] as const)),
    ['key', lane.key],
    ['action', lane.actionId],
    ['rate', `${lane.rate.text} (set by ${lane.rate.source})`],
    ...(lane.queueNote === null ? [] : ([['name', lane.queueNote]] as const)),
    ...(lane.rateNote === null ? [] : ([['note', lane.rateNote]] as const)),
    ['spread', lane.spread],
    ['paused', paused && `since ${paused.at}${paused.reason === null ? '' : `: ${paused.reason}`}`],
    ['per workflow', lane.maxPerWorkflow === null ? 'default' : `at most ${lane.maxPerWorkflow}`],
    ['beyond block', lane.beyondBlock],
    ['waiting', lane.waiting],
    ['sending', lane.sending],
    ['oldest', duration(lane.oldestWaitingMs)],
    ['last goes in', duration(lane.lastEtaMs)],
    ['window', `${window.used} of ${lane.rate.limit} used${describeNextFree(window)}`],
  ]);
}

/** Why nothing of a lane goes at this time. */
export function stoppedBy({ portal, suspended, paused }: Lane): string | null {
  if (portal.state !== 'active') return `portal ${portal.state}`;
  if (suspended !== null) return `suspended: ${suspended.reason}`;
  return paused ? `paused${paused.reason === null ? '' : `: ${paused.reason}`}` : null;
}

function describeSuspension({ reason, since, nextTryAt }: NonNullable<Lane['suspended']>): string {
  return `HubSpot refuses the completions of its portal (${reason}) since ${since}; tried again at ${nextTryAt}`;
}

function describeNextFree({ free, nextFreeInMs }: Lane['window']): string {
  if (free > 0) return '';
  return nextFreeInMs === null
    ? '; the next place after an answer'
    : `; the next place in ${duration(nextFreeInMs)}`;
}
