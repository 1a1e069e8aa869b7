import { Option, type Command } from 'commander';
import { given, readAll, type Answers } from '../api.js';
import { count, onOff, orNone } from '../arguments.js';
import { destructive, isMeant, touching, type Meant } from '../destructive.js';
import { lister, show, verb, type Context } from '../context.js';
import { moment, sheet } from '../output.js';

interface Json {
  readonly json?: boolean;
}
type Consumer = Answers['Consumer'];

const NAME = 'its name: small letters, digits, - and _';
const several = (text: string, before: string[] | undefined) => [...(before ?? []), text];

interface SetOptions extends Json {
  readonly url?: string;
  readonly portal?: string[];
  readonly type?: string[];
  readonly action?: string[];
  readonly initial?: boolean;
  readonly lagLimit?: number | 'none';
  readonly from?: 'beginning' | 'now';
}

export function addConsumers(consumers: Command, context: Context): void {
  const path = (name: string) => ({ params: { path: { name } } });
  const printed = (json: boolean | undefined, one: Consumer) => show(context, json, one, () => describe(one));

  lister(consumers, { name: 'list', description: 'list them, and how far they are', example: 'list' }).action(
    async ({ json }: Json) => {
      const page = await readAll(context.api(), '/api/consumers', {}, Infinity, 200);
      show(context, json, page, () =>
        context.table(
          ['name', 'sink', 'state', 'unread since', 'dead letters', 'because'],
          page.items.map((one) => [
            ...[one.name, one.sink, one.state, moment(one.unreadSince), one.deadLetters, because(one)],
          ]),
        ),
      );
    },
  );

  verb(consumers, { name: 'show', description: 'show one, and how far it is', example: 'show warehouse' })
    .argument('<name>', NAME)
    .action(async (name: string, { json }: Json) =>
      printed(json, await context.api().get('/api/consumers/{name}', path(name))),
    );

  verb(consumers, {
    name: 'set',
    description: 'make one, or set what it wants; what is not given has its usual value',
    example: 'set warehouse --url https://warehouse.example.com/sluice --type contacts',
  })
    .argument('<name>', NAME)
    .option('--url <url>', 'where it is called; without it, it reads GET /api/changes?consumer=')
    .option('--portal <portalId>', 'only changes of this portal; may be given several times', several)
    .option('--type <objectType>', 'only changes of this type; may be given several times', several)
    .option('--action <action>', 'only such changes, e.g. Updated; may be given several times', several)
    .option('--initial <onOff>', 'changes of a first load, too', onOff)
    .option(
      '--lag-limit <minutes>',
      'further behind than this the mirror of its portals waits; none: never',
      orNone(count),
    )
    .addOption(new Option('--from <place>', 'where a new one begins').choices(['beginning', 'now']))
    .action(
      async (name: string, { url, portal, type, action, initial, lagLimit, from, json }: SetOptions) => {
        const body = given({
          ...{ sink: url === undefined ? ('pull' as const) : ('webhook' as const), url, from, initial },
          ...{
            portalIds: portal?.map(Number),
            objectTypes: type,
            actions: action as Consumer['actions'] & object,
          },
          lagLimitMinutes: lagLimit === 'none' ? null : lagLimit,
        });
        const set = await context.api().put('/api/consumers/{name}', { ...path(name), body });
        printed(json, set);
        if (set.secret !== undefined && !json)
          context.say(`The secret that signs its calls, which is shown this once: ${set.secret}`);
      },
    );

  destructive(
    verb(consumers, {
      name: 'delete',
      description: 'delete one, with its position and its dead letters; the feed stays',
      example: 'delete warehouse',
    }),
  )
    .argument('<name>', NAME)
    .action(async (name: string, options: Meant) => {
      const look = async () => {
        const { deadLetters, state } = await context.api().get('/api/consumers/{name}', path(name));
        return touching(`Deletes the consumer ${name} (${state}), and ${deadLetters} dead letters of it`, []);
      };
      if (!(await isMeant(context, options, look))) return;
      await context.api().delete('/api/consumers/{name}', path(name));
      show(context, options.json, { name, deleted: true }, () => `${name} is deleted`);
    });

  const change = async (name: string, body: Answers['ConsumerChange'], { json }: Json) =>
    printed(json, await context.api().post('/api/consumers/{name}', { ...path(name), body }));

  verb(consumers, {
    name: 'pause',
    description: 'send it nothing more, until it is resumed',
    example: 'pause warehouse',
  })
    .argument('<name>', NAME)
    .option('--reason <text>', 'for whoever looks')
    .action((name: string, { reason, ...json }: Json & { reason?: string }) =>
      change(name, { action: 'pause', ...given({ reason }) }, json),
    );

  verb(consumers, { name: 'resume', description: 'go on where it was paused', example: 'resume warehouse' })
    .argument('<name>', NAME)
    .action((name: string, json: Json) => change(name, { action: 'resume' }, json));

  verb(consumers, {
    name: 'rewind',
    description: 'set it to a position, or to a time within seven days; without either to what follows now',
    example: 'rewind warehouse --to 2027-01-01T00:00:00Z',
  })
    .argument('<name>', NAME)
    .option('--position <position>', 'of a change')
    .option('--to <time>', 'before the first change that was recorded then or later')
    .action((name: string, { position, to, ...json }: Json & { position?: string; to?: string }) =>
      change(name, { action: 'rewind', ...given({ position, time: to }) }, json),
    );

  verb(consumers, {
    name: 'acknowledge',
    description: 'say that it has all changes up to a position',
    example: 'acknowledge warehouse 3f0c9a51d2e7.7414.52',
  })
    .argument('<name>', NAME)
    .argument('<position>', 'the `next` of a page that it has read')
    .action(async (name: string, position: string, { json }: Json) =>
      printed(
        json,
        await context.api().post('/api/consumers/{name}/acknowledge', { ...path(name), body: { position } }),
      ),
    );

  lister(consumers, {
    name: 'dead-letters',
    description: 'list the changes that its receiver refuses, and those that wait behind them',
    example: 'dead-letters warehouse',
  })
    .argument('<name>', NAME)
    .option('--limit <n>', 'at most so many', count, 100)
    .action(async (name: string, { limit, json }: Json & { limit: number }) => {
      const page = await readAll(context.api(), '/api/consumers/{name}/dead-letters', {}, limit, 200, {
        name,
      });
      show(context, json, page, () =>
        context.table(
          ['portal', 'type', 'record', 'answered', 'at', 'position'],
          page.items.map((one) => [
            ...[
              String(one.portalId),
              one.objectType,
              one.recordId,
              one.status,
              moment(one.diedAt),
              one.position,
            ],
          ]),
        ),
      );
      if (page.next !== null && !json) context.say('There are more: --limit');
    });

  for (const [action, description] of [
    ['redrive', 'send its dead letters again, in their order'],
    ['discard', 'remove its dead letters: they are sent no more'],
  ] as const)
    destructive(verb(consumers, { name: action, description, example: `${action} warehouse` }))
      .argument('<name>', NAME)
      .action(async (name: string, options: Meant) => {
        const look = async () => {
          const { deadLetters } = await context.api().get('/api/consumers/{name}', path(name));
          const does = action === 'redrive' ? 'Sends again' : 'Removes';
          return touching(`${does} the dead letters of the consumer ${name}: ${deadLetters}`, []);
        };
        if (!(await isMeant(context, options, look))) return;
        const ended = await context
          .api()
          .post('/api/consumers/{name}/dead-letters', { ...path(name), body: { action } });
        show(context, options.json, ended, () =>
          action === 'redrive'
            ? `${ended.count} are sent again within seconds`
            : `${ended.count} are removed`,
        );
      });
}

const because = ({ pause, failure, missedAt }: Consumer): string =>
  pause
    ? (pause.reason ?? 'paused')
    : (failure?.message ?? (missedAt === null ? '' : 'changes were removed before it had them'));

function describe(one: Consumer): string {
  const all = (some: readonly (string | number)[] | null) => some?.join(', ') ?? 'all';
  return sheet([
    ['name', one.name],
    ['sink', one.url === null ? one.sink : `${one.sink}, ${one.url}`],
    ['state', one.state],
    ['portals', all(one.portalIds)],
    ['types', all(one.objectTypes)],
    ['actions', all(one.actions)],
    ['first loads', one.initial ? 'yes' : 'no'],
    ['position', one.position],
    ['unread since', moment(one.unreadSince)],
    ['lag limit', one.lagLimitMinutes === null ? 'none' : `${one.lagLimitMinutes} minutes`],
    ['behind since', moment(one.behindSince)],
    ['last taken', moment(one.takenAt)],
    ['failed in a row', one.failure?.inARow],
    ['next try', moment(one.failure?.nextTryAt)],
    ['dead letters', one.deadLetters],
    ['because', because(one)],
  ]);
}
