import { problemsOfEffects, type Effect } from '../../domain/outbox/effects.js';
import { tidyEffects } from '../../domain/outbox/tidyEffects.js';
import { EffectsError, type EventContext } from '../../sdk/outbox/registry/eventType.js';
import { generic } from '../../sdk/outbox/registry/generic.js';
import type { AnyEventType, PayloadProblem, Registry } from '../../sdk/outbox/registry/registry.js';
import type { WorkspaceSettings } from './workspaceSettings.js';

export type Interpreted =
  | {
      readonly ok: true;
      readonly effects: readonly Effect[];
      readonly orderingKey: string | null;
      /**
       * Of the type; of its mapping where the event is a generic one. The same event under it has the same effects,
       * always.
       */
      readonly version: number;
    }
  /** Says what is wrong and what to do, without a value of the payload. */
  | { readonly ok: false; readonly reason: string; readonly fields?: readonly PayloadProblem[] };

/**
 * What an event means: its effects and its place, or why it cannot be understood. Pure. Whatever the code of a type
 * throws is the event's own trouble.
 */
export function interpret(
  event: { readonly type: string; readonly version: number | null; readonly payload: unknown },
  context: Omit<EventContext, 'mapping'>,
  registry: Registry,
  settings: Pick<WorkspaceSettings, 'mapping'>,
): Interpreted {
  try {
    return interpretSound(event, context, registry, settings);
  } catch (error) {
    if (error instanceof EffectsError) return { ok: false, reason: error.message };
    const name = error instanceof Error ? error.name : 'unknown';
    return {
      ok: false,
      reason: `The code of its type failed (${name}): correct the type or the payload, then redrive`,
    };
  }
}

function interpretSound(...[event, context, registry, settings]: Parameters<typeof interpret>): Interpreted {
  const isGeneric = event.type === generic.name;
  const found = registry.check(
    event.type,
    isGeneric ? undefined : (event.version ?? undefined),
    event.payload,
  );
  if (!found.ok) return found;
  const { type, payload } = found;
  let { version } = type;
  const whole: EventContext = {
    ...context,
    mapping(name) {
      const mapping = settings.mapping(name, isGeneric ? (event.version ?? undefined) : undefined);
      if (mapping) version = mapping.version;
      return mapping?.mapping;
    },
  };
  const effects = tidyEffects(type.effects(payload, whole)).map((effect) => declared(effect, type.fallbacks));
  const problems = problemsOfEffects(effects);
  if (problems.length > 0)
    return { ok: false, reason: `${settingsTypeOf(event.type, payload)}: ${problems.join('; ')}` };
  return { ok: true, effects, orderingKey: type.orderingKey(payload, whole)?.trim() || null, version };
}

/** A custom event with the fallback that its type declares. */
function declared(effect: Effect, fallbacks: AnyEventType['fallbacks'] = {}): Effect {
  if (effect.kind !== 'customEvent' || effect.fallback) return effect;
  const fallback = Object.hasOwn(fallbacks, effect.name) ? fallbacks[effect.name] : undefined;
  return fallback ? { ...effect, fallback } : effect;
}

/** The name under which a workspace sets how events like this one run. */
export function settingsTypeOf(type: string, payload: unknown): string {
  if (type !== generic.name) return type;
  const name = typeof payload === 'object' && payload !== null && 'name' in payload ? payload.name : '';
  return `${generic.name}:${typeof name === 'string' ? name : ''}`;
}
