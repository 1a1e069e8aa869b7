import {
  OWN_ID,
  type CustomEventFallback,
  type Effect,
  type Properties,
  type UniqueValue,
} from './effects.js';

/*
 * Custom events need a scope that not every portal can grant, and a definition in the portal. Where they cannot be had,
 * the fallback that the type declares is delivered: properties of the contact. It is a write like any other from then
 * on, so its counter is added to once per event, like all counters.
 */

export const CUSTOM_EVENT_SCOPE = 'analytics.behavioral_events.send';

/**
 * Why the fallback is delivered. `scope`: the grant lacks the scope. `refused`: HubSpot allows this portal no custom
 * events. `undefined`: HubSpot has no such event. `event`: HubSpot refuses this one.
 */
export const FALLBACK_REASONS = ['scope', 'refused', 'undefined', 'event'] as const;
export type FallbackReason = (typeof FALLBACK_REASONS)[number];

/**
 * What a failure says of a custom event that was sent. `refused`: HubSpot does not take it. `refusedAlone`: it does
 * not, and took others of the same request. `perhapsTaken`: no answer says that it did not.
 */
export type SentCustomEvent = 'refused' | 'refusedAlone' | 'perhapsTaken';

/** What is known of the custom events of a portal. */
export interface CustomEventAccess {
  /** Undefined: not known, as HubSpot does not say it of a private app's token. */
  readonly scopes: readonly string[] | undefined;
  /** Names that HubSpot has refused lately; `*`: any. */
  readonly refused: readonly string[];
}

/** Why this portal takes no custom event of that name; undefined: it takes it, as far as is known. */
export function whyNoCustomEvent(
  { scopes, refused }: CustomEventAccess,
  name: string,
): FallbackReason | undefined {
  if (scopes?.includes(CUSTOM_EVENT_SCOPE) === false) return 'scope';
  if (refused.includes('*')) return 'refused';
  return refused.includes(name) ? 'undefined' : undefined;
}

/** What the failure of a custom event says of it; undefined: nothing final, or it is about another request. */
export function reasonOfRefusal(failure: {
  readonly class: string;
  readonly status?: number;
  readonly customEvent?: SentCustomEvent;
}): FallbackReason | undefined {
  if (failure.customEvent === 'refusedAlone') return failure.class === 'permanent' ? 'event' : undefined;
  if (failure.customEvent !== 'refused') return undefined;
  if (failure.status === 404) return 'undefined';
  if (failure.class !== 'permanent') return undefined;
  if (failure.status === 403) return 'refused';
  return failure.status === 400 ? 'event' : undefined;
}

/** Which other events of the portal the refusal is about; undefined: none. */
export function refusedName(reason: FallbackReason, name: string): string | undefined {
  if (reason === 'refused') return '*';
  return reason === 'undefined' ? name : undefined;
}

export interface Substituted {
  readonly effects: readonly Effect[];
  /** Effects that are delivered by their fallback, and why. */
  readonly fallbacks: ReadonlyMap<number, FallbackReason>;
}

/** Puts the fallbacks in place of those custom events for which `why` has a reason. */
export function withFallbacks(
  effects: readonly Effect[],
  why: (name: string, n: number) => FallbackReason | undefined,
): Substituted {
  const fallbacks = new Map<number, FallbackReason>();
  const substituted = effects.map((effect, n) => {
    if (effect.kind !== 'customEvent') return effect;
    const instead = fallbackOf(effect, effects);
    const reason = instead && why(effect.name, n);
    if (!instead || reason === undefined) return effect;
    fallbacks.set(n, reason);
    return instead;
  });
  return { effects: substituted, fallbacks };
}

/** What tells whether a fallback can be built: of effects, and of those that a mapping lists. */
interface Declared {
  readonly kind: string;
  readonly by?: Pick<UniqueValue, 'property'> | undefined;
}
interface DeclaredEvent<Key> {
  readonly on:
    | { readonly effect: number }
    | { readonly objectType: string; readonly by: Key }
    | { readonly objectType: string; readonly id: unknown };
  readonly fallback?: CustomEventFallback | undefined;
}

/** Whether `fallbackOf` has an effect for it. */
export function hasFallback(
  event: DeclaredEvent<Pick<UniqueValue, 'property'>>,
  all: readonly Declared[],
): boolean {
  const by = contactKey(event.on, all);
  return by !== undefined && event.fallback !== undefined && isBuildable(event.fallback, by);
}

/**
 * The effect that stands in for a custom event; undefined: it declares none, or one that cannot be built, or is about
 * no contact by its key.
 */
export function fallbackOf(
  effect: Extract<Effect, { kind: 'customEvent' }>,
  all: readonly Effect[],
): Effect | undefined {
  const by = contactKey(effect.on, all);
  if (!effect.fallback || !by || !isBuildable(effect.fallback, by)) return undefined;
  const { lastAt, count } = effect.fallback;
  return {
    kind: 'upsertContact',
    by,
    properties: {
      ...(lastAt !== undefined && { [lastAt]: effect.timestamp }),
      ...fieldsOf(effect.properties, effect.fallback),
    },
    ...(count !== undefined && { counters: { [count]: 1 } }),
  };
}

function fieldsOf(properties: Properties, { fields = {} }: CustomEventFallback): Properties {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([from, to]) => {
      const value = properties[from];
      return value === undefined ? [] : [[to, value]];
    }),
  );
}

/** A counter is of a contact that has a key other than HubSpot's id, and nothing else sets it (effects.ts). */
function isBuildable(
  { count, lastAt, fields = {} }: CustomEventFallback,
  { property }: Pick<UniqueValue, 'property'>,
): boolean {
  if (count === undefined) return true;
  return property !== OWN_ID && count !== lastAt && !Object.values(fields).includes(count);
}

function contactKey<Key>(
  on: DeclaredEvent<Key>['on'],
  all: readonly { readonly kind: string; readonly by?: Key | undefined }[],
): Key | undefined {
  if ('by' in on) return on.objectType === 'contacts' ? on.by : undefined;
  if (!('effect' in on)) return undefined;
  const written = all[on.effect];
  return written?.kind === 'upsertContact' ? written.by : undefined;
}
