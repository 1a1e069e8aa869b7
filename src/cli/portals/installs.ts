import type { Command } from 'commander';
import { ACCESSES } from '../../domain/portals/access.js';
import { FEATURES, type Feature } from '../../domain/portals/features.js';
import { given, readAll, type Answers } from '../api.js';
import { count, id, onOff } from '../arguments.js';
import { destructive, isMeant, touching, type Meant, type Preview } from '../destructive.js';
import { show, verb, type Context } from '../context.js';
import { CliError } from '../errors.js';
import { counted, duration, sheet } from '../output.js';
import { describeLimits } from './limits.js';
import { readSecret } from '../secretFile.js';

interface Json {
  readonly json?: boolean;
}

interface ConnectOptions extends Json {
  readonly tokenFile?: string;
  readonly name?: string;
  readonly timeZone?: string;
  readonly sync?: boolean;
  readonly events?: boolean;
  readonly customObjects?: boolean;
  readonly sensitive?: boolean;
  readonly highlySensitive?: boolean;
  readonly returnTo?: string;
  readonly validFor?: number;
}

/** How portals come and go: `sluice portals connect`, `disconnect`, `settings`. */
export function addInstalls(portals: Command, context: Context): void {
  verb(portals, {
    name: 'connect',
    description: 'print the link by which somebody installs the app; with a token, connect at once',
    example: 'connect',
  })
    .argument('[portalId]', "HubSpot's number of it: no other account is then accepted", id)
    .option(
      '--events',
      'ask for what the outbox needs, too, and for custom events where the account has them',
    )
    .option('--sync', 'the same without custom events; as it was called before')
    .option('--custom-objects', 'ask for the custom objects of the account, where it has them')
    .option('--sensitive', 'ask for values that HubSpot calls sensitive, where the account has them')
    .option('--highly-sensitive', 'ask for those that it calls highly sensitive')
    .option('--return-to <url>', 'where the browser goes in the end, of an origin in INSTALL_RETURN_ORIGINS')
    .option('--valid-for <minutes>', 'how long the link is good for (60)', count)
    // Not an argument: those are seen by everybody on the machine, and kept by the shell.
    .option('--token-file <file>', "a private app's token instead of an install; - for standard input")
    .option('--name <name>', 'with a token: what to call it')
    .option('--time-zone <zone>', 'with a token: its time zone, e.g. Europe/Dublin')
    .action((portalId: string | undefined, options: ConnectOptions) =>
      options.tokenFile === undefined
        ? printLink(context, portalId, options)
        : connectByToken(context, portalId, options.tokenFile, options),
    );

  verb(portals, {
    name: 'claim',
    description: 'take an account whose install was begun at HubSpot, by the code that its page showed',
    example: 'claim eyJwIjo2MjUxNX0.k3…',
  })
    .argument('<code>', 'the claim code')
    .option(
      '--events',
      'ask for what the outbox needs, too, and for custom events where the account has them',
    )
    .option('--sync', 'the same without custom events; as it was called before')
    .option('--custom-objects', 'ask for the custom objects of the account, where it has them')
    .option('--sensitive', 'ask for values that HubSpot calls sensitive, where the account has them')
    .option('--highly-sensitive', 'ask for those that it calls highly sensitive')
    .action(async (code: string, { json, ...options }: ConnectOptions) => {
      const body = { code, ...featuresOf(options), ...accessOf(options) };
      const claimed = await context.api().post('/api/integrations/hubspot/claims', { body });
      show(
        context,
        json,
        claimed,
        () =>
          `Account ${claimed.portalId}${claimed.hubDomain === null ? '' : ` (${claimed.hubDomain})`} is claimed. Whoever showed you the code can go on now, on the same page or by:\n\n  ${claimed.url}\n`,
      );
      context.say(`It is good for one installation, until ${claimed.expiresAt}`);
    });

  destructive(
    verb(portals, {
      name: 'disconnect',
      description: 'end what waits, give back what HubSpot granted, remove the tokens',
      example: 'disconnect 62515',
    }),
  )
    .argument('<portalId>', "HubSpot's number of it", id)
    .option('--uninstall', 'also remove the app from the HubSpot account; HubSpot mails its admins')
    .action(async (portalId: string, options: Meant & { uninstall?: boolean }) => {
      const does = `Ends everything that waits in it and removes its tokens${options.uninstall ? ', and the app from the account' : ''}`;
      if (!(await isMeant(context, options, () => portalPreview(context, portalId, does)))) return;
      const body = { portalId, uninstall: options.uninstall === true };
      const begun = await context.api().post('/api/integrations/hubspot/disconnect', { body });
      show(context, options.json, begun, () =>
        begun.workflowId === null
          ? `Portal ${portalId} is disconnected already`
          : `Portal ${portalId} is being disconnected (workflow ${begun.workflowId}); see: sluice portals settings ${portalId}`,
      );
    });

  destructive(
    verb(portals, {
      name: 'settings',
      description:
        'show how a portal is connected, what it was granted and what is switched on; switch it, and ask before something is switched off',
      example: 'settings 62515 --throttle off',
    }),
  )
    .argument('<portalId>', "HubSpot's number of it", id)
    .option('--throttle <on|off>', 'take workflow actions', onOff)
    .option('--events <on|off>', 'bring events into the account', onOff)
    .option(
      '--sync <on|off>',
      'the same without custom events, as it was called before; the mirror is `sluice sync`',
      onOff,
    )
    .action(async (portalId: string, options: Meant & Partial<Record<Feature, boolean>>) => {
      const { json, throttle, sync, events } = options;
      const change = given({ throttle, sync, events });
      const off = FEATURES.filter((feature) => change[feature] === false);
      const does = `Switches ${off.join(', ')} off`;
      const look = () => portalPreview(context, portalId, does);
      if (off.length > 0 && !(await isMeant(context, options, look))) return;
      const path = '/api/integrations/hubspot/config';
      const params = { query: { portalId } };
      const settings =
        Object.keys(change).length === 0
          ? await context.api().get(path, { params })
          : await context.api().put(path, { params, body: change });
      show(context, json, settings, () => describe(context, settings));
    });
}

/** Which portal it is, and what waits in its lanes. */
async function portalPreview(context: Context, portalId: string, does: string): Promise<Preview> {
  const api = context.api();
  const portal = await api.get('/api/portals/{portalId}', { params: { path: { portalId } } });
  const { items } = await readAll(api, '/api/lanes', { portalId }, 500, 100);
  const busy = items.filter(({ waiting }) => waiting > 0);
  const waiting = busy.reduce((sum, lane) => sum + lane.waiting, 0);
  const name = portal.name ?? portal.hubDomain;
  const who = `portal ${portalId}${name === null ? '' : ` (${name})`}, ${portal.state}`;
  return touching(
    `${does}: ${who}; ${counted(waiting, 'execution')} wait in ${counted(busy.length, 'lane')}`,
    busy.map((lane) => `lane ${lane.id}, ${lane.key}: ${lane.waiting} wait`),
  );
}

/** None: what the portal has switched on. */
function featuresOf({ sync, events }: ConnectOptions) {
  const features: Feature[] = [...(sync ? ['sync' as const] : []), ...(events ? ['events' as const] : [])];
  return features.length > 0 && { features: ['throttle' as const, ...features] };
}

/** What else is asked for: nothing unless told. */
function accessOf({ customObjects, sensitive, highlySensitive }: ConnectOptions) {
  const asked = { custom_objects: customObjects, sensitive, highly_sensitive: highlySensitive };
  const access = ACCESSES.filter((one) => asked[one]);
  return access.length > 0 && { access };
}

async function printLink(
  context: Context,
  portalId: string | undefined,
  { returnTo, validFor, json, ...options }: ConnectOptions,
): Promise<void> {
  const body = {
    ...given({ portalId, returnTo, validForMinutes: validFor }),
    ...featuresOf(options),
    ...accessOf(options),
  };
  const link = await context.api().post('/api/integrations/hubspot/links', { body });
  show(
    context,
    json,
    link,
    () =>
      `Open this in a browser, or send it to somebody who may install apps in the HubSpot account:\n\n  ${link.url}\n`,
  );
  context.say(`It is good for one installation, until ${link.expiresAt}`);
}

async function connectByToken(
  context: Context,
  portalId: string | undefined,
  tokenFile: string,
  { name, timeZone, json }: ConnectOptions,
): Promise<void> {
  if (portalId === undefined) throw new CliError('With a token, say which portal it is of', 2);
  const body = { portalId, accessToken: readSecret(tokenFile), ...given({ name, timeZone }) };
  const portal = await context.api().post('/api/portals', { body });
  show(context, json, portal, () => `Portal ${portal.portalId} is connected (${portal.state})`);
}

function describe(context: Context, portal: Answers['PortalSettings']): string {
  const { token } = portal;
  const shown = sheet([
    ['portal', portal.portalId],
    ['name', portal.name],
    ['domain', portal.hubDomain],
    ['time zone', portal.timeZone],
    ['connected by', portal.auth === 'oauth' ? 'an install' : "a private app's token"],
    ['state', `${portal.state}${portal.stateReason === null ? '' : `: ${portal.stateReason}`}`],
    ['installed', portal.installedAt],
    ...FEATURES.map((feature) => [feature, describeFeature(portal[feature])] as const),
    ['custom objects', describeAccess(portal.access.customObjects)],
    ['sensitive values', describeAccess(portal.access.sensitive)],
    ['highly sensitive', describeAccess(portal.access.highlySensitive)],
    ['granted', portal.scopes && portal.scopes.join(' ')],
    [
      'token',
      token.stored
        ? duration(token.ageMs) === null
          ? 'stored, its age is not known'
          : `${duration(token.ageMs)} old`
        : 'none',
    ],
    ['expires in', duration(token.expiresInMs)],
    ['refresh', token.refreshError && `failed ${token.refreshFailures} times: ${token.refreshError}`],
  ]);
  return portal.limitedTypes.length === 0
    ? shown
    : `${shown}\n\n${describeLimits(context, portal.limitedTypes)}`;
}

function describeFeature({ enabled, missingScopes }: Answers['FeatureState']): string {
  const missing = missingScopes && missingScopes.length > 0 ? `; lacks ${missingScopes.join(', ')}` : '';
  return `${enabled ? 'on' : 'off'}${missing}`;
}

function describeAccess({ granted, missingScopes }: Answers['AccessState']): string {
  if (granted === null || missingScopes === null) return 'not known';
  if (granted.length === 0) return 'not granted';
  return missingScopes.length === 0 ? 'granted' : `granted in part; lacks ${missingScopes.join(', ')}`;
}
