import { InvalidArgumentError, type Command } from 'commander';
import { count, id } from '../arguments.js';
import { lister, readAll, show, verb, type Context } from '../context.js';
import { duration, moment, roughly, sheet } from '../output.js';

interface Portal {
  readonly portalId: number;
  readonly name: string | null;
  readonly hubDomain: string | null;
  readonly state: string;
  readonly stateReason: string | null;
  readonly stateChangedAt: string;
  readonly timeZone: string;
  readonly auth: string;
  readonly scopes: readonly string[];
  readonly token: {
    readonly expiresAt: string | null;
    readonly refreshedAt: string | null;
    readonly ageMs: number | null;
    readonly refreshFailures: number;
    readonly refreshError: string | null;
  };
  readonly throttleEnabled: boolean;
  readonly syncEnabled: boolean;
  readonly eventsEnabled: boolean;
  readonly installedAt: string;
}

interface Ring {
  readonly ring: string;
  readonly limit: number;
  readonly intervalMs: number;
  readonly used: number;
  readonly free: number;
  readonly leased: number;
  readonly others: number;
  readonly byPriority: Readonly<Record<string, number>>;
  readonly blockedUntil: string | null;
  readonly blockedReason: string | null;
}

interface Budget {
  readonly portalId: number;
  readonly blockedUntil: string | null;
  readonly blockedReason: string | null;
  readonly breaker: { readonly state: string; readonly opens: number };
  readonly errors: {
    readonly day: string;
    readonly calls: number;
    readonly errors: number;
    readonly share: number;
    readonly mostShare: number;
    readonly waiting: readonly string[];
  };
  readonly rings: readonly Ring[];
}

interface LoggedRequest {
  readonly id: string;
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly status: number | null;
  readonly outcome: string;
  readonly ms: number;
  readonly priority: string;
  readonly ring: string;
  readonly budgetUsed: number | null;
  readonly correlationId: string | null;
}

interface Json {
  readonly json?: boolean;
}

interface RequestOptions extends Json {
  readonly outcome?: string;
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
      const page = await readAll<Portal>(context.client(), '/api/portals', { after }, limit, 200);
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
      const portal = await context.client().get<Portal>(`/api/portals/${portalId}`);
      show(context, json, portal, () => portalSheet(portal));
    });

  lister(portals, {
    name: 'budget',
    description: "show how much of HubSpot's limits is used, by whom, and what holds the portal up",
    example: 'budget 62515',
  })
    .argument('<portalId>', "HubSpot's number of it", id)
    .action(async (portalId: string, { json }: Json) => {
      const budget = await context.client().get<Budget>(`/api/portals/${portalId}/budget`);
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
      const path = `/api/portals/${portalId}/requests`;
      const page = await readAll<LoggedRequest>(context.client(), path, { ...query }, limit, 200);
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

function portalSheet(portal: Portal): string {
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

function budgetText(context: Context, budget: Budget): string {
  const { breaker, errors } = budget;
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
