/*
 * What can be found by an id alone, whichever kind of id it is. Rooms find the things; where each is shown stands here.
 */

export interface HitMeaning {
  /** What shows it next. `{id}` is its own, `{portalId}` that of its portal. */
  readonly command: string;
  /** The path of the API that shows it. */
  readonly path: string;
}

export const HITS = {
  portal: { command: 'npx sluice portals show {id}', path: '/api/portals/{id}' },
  lane: { command: 'npx sluice lanes show {id}', path: '/api/lanes/{id}' },
  execution: { command: 'npx sluice executions show {id}', path: '/api/executions/{id}' },
  action_run: { command: 'npx sluice actions runs show {id}', path: '/api/actions/runs/{id}' },
  event: { command: 'npx sluice outbox show {id}', path: '/api/events/{id}' },
  registration: { command: 'npx sluice registrations show {id}', path: '/crm/register/{id}' },
  redrive: { command: 'npx sluice outbox redrives {id}', path: '/api/outbox/redrives/{id}' },
  hubspot_request: {
    command: 'npx sluice portals requests {portalId}',
    path: '/api/portals/{portalId}/requests',
  },
  notice: { command: 'npx sluice notices list', path: '/api/notices' },
  api_key: { command: 'npx sluice api-keys show {id}', path: '/api/keys/{id}' },
} as const satisfies Readonly<Record<string, HitMeaning>>;

export type HitKind = keyof typeof HITS;
export const HIT_KINDS = Object.keys(HITS) as [HitKind, ...HitKind[]];

/** A thing that has the id that was searched. */
export interface Hit {
  readonly kind: HitKind;
  readonly id: string;
  readonly portalId: number | null;
  /** In a line: how it was found, and how it stands. */
  readonly what: string;
}

export interface ShownHit extends Hit, HitMeaning {}

/** Of each kind so many are named. */
export const HITS_OF_A_KIND = 10;

export function shownHit(hit: Hit): ShownHit {
  const { command, path } = HITS[hit.kind];
  const fill = (text: string) =>
    text.replaceAll('{id}', encodeURIComponent(hit.id)).replaceAll('{portalId}', String(hit.portalId ?? ''));
  return { ...hit, command: fill(command), path: fill(path) };
}

const MAX_BIGINT = 2n ** 63n - 1n;

/** What was searched, as an id of ours or a number of HubSpot's; null: it is none. */
export function asNumber(text: string): string | null {
  return /^[1-9]\d{0,18}$/.test(text) && BigInt(text) <= MAX_BIGINT ? text : null;
}

/** The same as a UUID. */
export function asUuid(text: string): string | null {
  return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text) ? text.toLowerCase() : null;
}
