import { writeFileSync } from 'node:fs';
import { Argument, type Command } from 'commander';
import {
  planSubscriptions,
  subscriptionsWanted,
  type SubscribedTo,
  type SubscriptionPlan,
  type SubscriptionsThere,
  type SubscriptionsWanted,
} from '../../domain/webhooks/subscriptionPlan.js';
import {
  createSubscriptionsClient,
  type SubscriptionsClient,
} from '../../hubspot/subscriptions/subscriptionsClient.js';
import { createTransport } from '../../hubspot/wire/transport.js';
import { applySubscriptions, readSubscriptions } from '../../services/webhooks/applySubscriptions.js';
import { show, tabled, type Context } from '../context.js';
import { destructive, isMeant } from '../destructive.js';
import { CliError } from '../errors.js';
import { counted } from '../output.js';
import { filledSecret } from '../secretFile.js';

const WHAT = ['file', 'show', 'diff', 'apply'] as const;

interface Options {
  readonly out?: string;
  readonly keyFile?: string;
  readonly only?: boolean;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function addSubscriptions(webhooks: Command, context: Context): void {
  const verb = tabled(webhooks, {
    name: 'subscriptions',
    description:
      'the subscriptions that the app is to have: as webhooks-hsmeta.json of its project, or at HubSpot itself',
    example: 'subscriptions diff --key-file developer.key',
  });
  destructive(verb)
    .addArgument(
      new Argument(
        '[what]',
        'file: for the project; of a legacy public app, show: what HubSpot has; diff: what differs, exits with 1 if anything does; apply: make it so',
      )
        .choices(WHAT)
        .default('file'),
    )
    .option('--out <file>', 'file: write them into this file')
    .option(
      '--key-file <file>',
      'the developer API key, - for standard input (else HUBSPOT_DEVELOPER_API_KEY)',
    )
    .option('--only', 'no other workspace uses the app: what this one does not want is to be paused')
    .action(async (what: (typeof WHAT)[number], options: Options) => {
      if (what === 'file') return writeFile(context, options);
      await atHubSpot(context, options, async (client) => {
        const onWait = (why: string, ms: number) =>
          context.say(`${why}. Once more in ${Math.ceil(ms / 1000)} s`);
        const there = await readSubscriptions(client, { onWait });
        if (what === 'show') return showThere(context, options, there);
        const { wanted, left } = await askWanted(context);
        const plan = planSubscriptions(wanted, there);
        if (what === 'diff') {
          show(context, options.json, plan, () => inWords(context, plan, options));
          if (differs(plan, options)) context.fail();
        } else await apply(context, options, { client, wanted, plan, onWait });
        if (left > 0) context.say(withoutPlace(left));
      });
    });
}

async function writeFile(context: Context, { out, json }: Options): Promise<void> {
  const { file, left } = await context.api().get('/api/webhooks/project', {});
  const text = JSON.stringify(file, null, 2);
  if (out !== undefined) writeFileSync(out, `${text}\n`);
  const { crmObjects, hubEvents } = file.config.subscriptions;
  show(context, json, { file, left }, () =>
    out === undefined ? text : `${crmObjects.length + hubEvents.length} subscriptions are in ${out}`,
  );
  if (left > 0 && !json) context.say(withoutPlace(left));
}

const withoutPlace = (left: number) =>
  `${counted(left, 'property', 'properties')} have no place among the subscriptions of an app: polling finds what changes there`;

async function askWanted(context: Context): Promise<{ wanted: SubscriptionsWanted; left: number }> {
  const { file, left } = await context.api().get('/api/webhooks/project', {});
  return { wanted: subscriptionsWanted(file), left };
}

async function atHubSpot(
  context: Context,
  { keyFile }: Options,
  work: (client: SubscriptionsClient) => Promise<void> | void,
): Promise<void> {
  const { HUBSPOT_DEVELOPER_API_KEY: noted, ...config } = context.app();
  const key = keyFile === undefined ? noted : filledSecret(keyFile);
  if (!key)
    throw new CliError(
      'HubSpot has this for the key of the developer account alone: --key-file FILE, or HUBSPOT_DEVELOPER_API_KEY',
      2,
    );
  const transport = createTransport(config.HUBSPOT_API_BASE_URL);
  try {
    await work(createSubscriptionsClient({ transport, key, config }));
  } finally {
    await transport.close();
  }
}

async function apply(
  context: Context,
  options: Options,
  {
    client,
    wanted,
    plan,
    onWait,
  }: {
    client: SubscriptionsClient;
    wanted: SubscriptionsWanted;
    plan: SubscriptionPlan;
    onWait: (why: string, ms: number) => void;
  },
): Promise<void> {
  const { json, only = false } = options;
  if (differs(plan, options)) {
    const look = () => Promise.resolve({ text: inWords(context, plan, options), data: plan });
    if (!(await isMeant(context, options, look))) return;
  }
  const { left, refused } = await applySubscriptions(client, wanted, { plan, only, onWait });
  show(context, json, { left, refused }, () =>
    [
      differs(left, options) ? `Not all of it is so:\n${inWords(context, left, options)}` : AS_WANTED,
      ...refused.map(({ to, why }) => `${to ? nameOf(to) : 'settings or switches'}: ${why}`),
    ].join('\n'),
  );
  if (differs(left, options)) context.fail();
}

const AS_WANTED = 'HubSpot has what is wanted';

function showThere(context: Context, { json }: Options, there: SubscriptionsThere): void {
  const { settings, subscriptions } = there;
  show(context, json, there, () =>
    [
      settings
        ? `To ${settings.targetUrl}, ${counted(settings.maxConcurrentRequests, 'call')} at a time`
        : 'The app has no target yet',
      context.table(
        ['id', 'event', 'type', 'property', 'active'],
        subscriptions.map(({ id, eventType, objectTypeId, propertyName, active }) => [
          ...[id, eventType, objectTypeId ?? '-', propertyName ?? '-', active ? 'yes' : 'no'],
        ]),
      ),
    ].join('\n'),
  );
}

/** What another workspace may want is left out, unless `--only`. */
function differs({ configure, create, activate, pause }: SubscriptionPlan, { only }: Options): boolean {
  return (
    configure !== undefined || create.length + activate.length > 0 || (only === true && pause.length > 0)
  );
}

function inWords(context: Context, plan: SubscriptionPlan, { only }: Options): string {
  const { configure, create, activate, pause } = plan;
  const rows = [
    ...create.map((one) => ['make', one] as const),
    ...activate.map((one) => ['switch on', one] as const),
    ...pause.map((one) => [only === true ? 'pause' : 'left as it is', one] as const),
  ];
  if (!configure && rows.length === 0) return AS_WANTED;
  return [
    ...(configure
      ? [`Target: ${configure.targetUrl}, ${counted(configure.maxConcurrentRequests, 'call')} at a time`]
      : []),
    ...(rows.length === 0
      ? []
      : [
          context.table(
            ['to do', 'event', 'type', 'property'],
            rows.map(([does, one]) => [
              ...[does, one.eventType, one.objectTypeId ?? '-', one.propertyName ?? '-'],
            ]),
          ),
        ]),
  ].join('\n');
}

const nameOf = ({ eventType, objectTypeId, propertyName }: SubscribedTo): string =>
  [eventType, objectTypeId, propertyName].filter((part) => part !== undefined).join(' ');
