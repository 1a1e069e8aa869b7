import { objectTypeOf, type Effect } from '../../domain/outbox/effects.js';
import {
  EFFECT_KEY,
  MARKER,
  SHIPPED_PROPERTIES,
  type OwnProperty,
} from '../../sdk/outbox/registry/ownProperties.js';

export interface NeededProperty {
  readonly objectType: string;
  readonly property: OwnProperty;
  /** The effect takes place without it, too: it only makes a repeat harmless. */
  readonly optional?: true;
}

const ISO_TIME = /^\d{4}-\d{2}-\d{2}T/;
const SHIPPED = new Map(SHIPPED_PROPERTIES.map((property) => [property.name, property]));

/**
 * The properties of ours that these effects need: those of the shipped event types, any other whose name has the
 * prefix, the marker of counters and the key of creates. A counter is a number, a time a date, all else text: what
 * looks like a number may be an id.
 */
export function neededProperties(
  effects: readonly Effect[],
  { prefix, appEvents }: { readonly prefix: string; readonly appEvents: ReadonlySet<string> },
): NeededProperty[] {
  const needed: NeededProperty[] = [];
  const need = (objectType: string, name: string, type: OwnProperty['type']): void => {
    const shipped = objectType === 'contacts' ? SHIPPED.get(name) : undefined;
    if (shipped) needed.push({ objectType, property: shipped });
    else if (name.startsWith(prefix))
      needed.push({ objectType, property: { name, label: labelOf(name, prefix), type } });
  };
  for (const effect of effects) {
    const created = createdBy(effect, appEvents);
    if (created !== undefined) needed.push({ objectType: created, property: EFFECT_KEY, optional: true });
    if (!('properties' in effect) || effect.kind === 'customEvent' || effect.kind === 'appEvent') continue;
    const objectType = writtenBy(effect, effects);
    if (objectType === undefined) continue;
    for (const [name, value] of Object.entries(effect.properties))
      need(objectType, name, value !== null && ISO_TIME.test(value) ? 'datetime' : 'string');
    if (effect.kind !== 'upsertContact') continue;
    if (SHIPPED.has(effect.by.property)) need(objectType, effect.by.property, 'string');
    const counters = Object.keys(effect.counters ?? {});
    for (const name of counters) need(objectType, name, 'number');
    if (counters.length > 0) needed.push({ objectType, property: MARKER });
  }
  return needed;
}

/** The kind of object of which the effect makes a new one each time. */
function createdBy(effect: Effect, appEvents: ReadonlySet<string>): string | undefined {
  switch (effect.kind) {
    case 'upsertRecord':
      return effect.by ? undefined : effect.objectType;
    case 'note':
      return 'notes';
    case 'task':
      return 'tasks';
    case 'appEvent':
      return effect.fallback === 'note' && !appEvents.has(effect.eventTypeName) ? 'notes' : undefined;
    default:
      return undefined;
  }
}

function writtenBy(effect: Effect, all: readonly Effect[]): string | undefined {
  if (effect.kind !== 'setProperties' || 'objectType' in effect.on) return objectTypeOf(effect);
  const target = all[effect.on.effect];
  return target === undefined || target === effect ? undefined : writtenBy(target, all);
}

function labelOf(name: string, prefix: string): string {
  const words = name.slice(prefix.length).replaceAll('_', ' ').trim() || name;
  return words.charAt(0).toUpperCase() + words.slice(1);
}
