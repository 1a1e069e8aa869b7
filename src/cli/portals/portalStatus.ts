import { InvalidArgumentError, type Command } from 'commander';
import { readAll, type Answers, type QueryOf } from '../api.js';
import { count, id } from '../arguments.js';
import { lister, show, verb, type Context } from '../context.js';
import { duration, moment, roughly, sheet } from '../output.js';

type Outcome = NonNullable<QueryOf<'/api/portals/{portalId}/requests'>['outcome']>;

interface Json {
  readonly json?: boolean;
}

interface RequestOptions extends Json {
  readonly outcome?: Outcome;
  readonly status?: string;
  readonly since?: string;
  readonly after?: string;
  readonly limit: number;
}

/** What portals are, what they use of HubSpot's limits, and what was sent for them. */
export function addPortalStatus(portals: Command, context: Context): void {
  lister(portals, { name: 'list', description: 'list portals', example: 'list' })
    .option('--limit <n>', 'at most so many', count, 1000)
    .option('--after <portalId>', 'go on where another list ended', id)
    .action(async ({ limit, after, json }: Json & { limit: number; after?: string }) => {
      const page = await readAll(context.api(), '/api/portals', { after }, limit, 200);
      show(context, json, page, () =>
        context.table(
          ['portal', 'name', 'state', 'by', 'token age', 'time zone', 'installed', 'reason'],
          page.items.map((one) => [
            String(one.portalId),
            one.name ?? one.hubDomain,
            one.state,
            one.auth,
            roughly(one.token.ageMs),
            one.timeZone,
            moment(one.installedAt),
            one.stateReason,
          ]),
        ),
      );
    });

  verb(portals, { name: 'show', description: 'show one portal', example: 'show 62515' })
    .argument('<portalId>', "HubSpot's number of it", id)
    .action(async (portalId: string, { json }: Json) => {
      const portal = await context.api().get('/api/portals/{portalId}', { params: { path: { portalId } } });
      show(context, json, portal, () => portalSheet(portal));
    });

  lister(portals, {
    name: 'budget',
    description: "show how much of HubSpot's limits is used, by whom, and what holds the portal up",
    example: 'budget 62515',
  })
    .argument('<portalId>', "HubSpot's number of it", id)
    .action(async (portalId: string, { json }: Json) => {
      const budget = await context
        .api()
        .get('/api/portals/{portalId}/budget', { params: { path: { portalId } } });
      show(context, json, budget, () => budgetText(context, budget));
    });

  lister(portals, {
    name: 'requests',
    description: 'list requests to HubSpot, newest first',
    example: 'requests 62515 --status 4xx --since 2026-11-25T08:00:00Z',
  })
    .argument('<portalId>', "HubSpot's number of it", id)
    .option('--outcome <outcome>', 'only those that came to it, e.g. throttled')
    .option('--status <class>', 'only 2xx, 4xx or 5xx', statusClass)
    .option('--since <time>', 'only those since then, e.g. 2026-11-25T08:00:00Z')
    .option('--limit <n>', 'at most so many', count, 50)
    .option('--after <id>', 'go on where another list ended', id)
    .action(async (portalId: string, { json, limit, ...query }: RequestOptions) => {
      const path = '/api/portals/{portalId}/requests';
      const page = await readAll(context.api(), path, query, limit, 200, { portalId });
      show(context, json, page, () =>
        context.table(
          ['id', 'at', 'method', 'path', 'status', 'outcome', 'ms', 'priority', 'used', 'correlation'],
          page.items.map((one) => [
            one.id,
            moment(one.at),
            one.method,
            one.path,
            one.status,
            one.outcome,
            one.ms,
            one.priority,
            one.budgetUsed,
            one.correlationId,
          ]),
        ),
      );
    });
}

function statusClass(text: string): string {
  if (!/^[1-5]xx$/.test(text)) throw new InvalidArgumentError('It must be 2xx, 4xx or the like.');
  return text;
}

function portalSheet(portal: Answers['Portal']): string {
  const { token } = portal;
  return sheet([
    ['portal', String(portal.portalId)],
    ['name', portal.name],
    ['domain', portal.hubDomain],
    ['state', `${portal.state} since ${portal.stateChangedAt}`],
    ['reason', portal.stateReason],
    ['connected by', portal.auth === 'oauth' ? 'an install' : "a private app's token"],
    ['granted', portal.scopes.join(' ')],
    ['token age', duration(token.ageMs)],
    ['token expires', token.expiresAt],
    [
      'refresh',
      token.refreshFailures > 0 ? `failed ${token.refreshFailures} times: ${token.refreshError ?? ''}` : null,
    ],
    ['throttle', portal.throttleEnabled ? 'on' : 'off'],
    ['sync', portal.syncEnabled ? 'on' : 'off'],
    ['events', portal.eventsEnabled ? 'on' : 'off'],
    ['time zone', portal.timeZone],
    ['installed', portal.installedAt],
  ]);
}

function budgetText(context: Context, budget: Answers['PortalBudget']): string {
  const { breaker, errors, dayLimit } = budget;
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  const facts = sheet([
    ['portal', String(budget.portalId)],
    ['blocked', until(budget.blockedUntil, budget.blockedReason)],
    ['breaker', breaker.opens > 0 ? `${breaker.state}, opened ${breaker.opens} times in a row` : 'closed'],
    [
      'errors',
      `${errors.errors} of ${errors.calls} on ${errors.day} (${percent(errors.share)}; limit ${percent(errors.mostShare)})`,
    ],
    ['held back', errors.waiting.join(', ')],
    [
      "HubSpot's day",
      dayLimit &&
        `${dayLimit.used} of ${dayLimit.limit} (${percent(dayLimit.share)}) until ${dayLimit.endsAt}, read ${dayLimit.readAt}`,
    ],
  ]);
  const rings = context.table(
    ['limit', 'per', 'used', 'free', 'in flight', 'by others', 'by priority', 'blocked'],
    budget.rings.map((ring) => [
      ring.ring,
      `${ring.limit} / ${ring.intervalMs / 1000} s`,
      ring.used,
      ring.free,
      ring.leased,
      ring.others,
      Object.entries(ring.byPriority)
        .filter(([, used]) => used > 0)
        .map(([priority, used]) => `${priority} ${used}`)
        .join(', '),
      until(ring.blockedUntil, ring.blockedReason),
    ]),
  );
  return `${facts}\n\n${rings}`;
}

function until(time: string | null, reason: string | null): string | null {
  return time && `until ${time}${reason === null ? '' : `: ${reason}`}`;
}
