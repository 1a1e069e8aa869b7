import { EMAIL } from './address.js';
import type { Effect, Properties, RecordRef, UniqueValue } from './effects.js';
import { isoTime } from './times.js';

/*
 * The one form of what events of every type say, whether their effects stand in code or in a mapping: no spaces around
 * values, addresses in small letters, moments in ISO 8601.
 */

/** HubSpot keeps e-mail addresses in lower case and finds them in any; two spellings of one are one record. */
export function tidyKey({ property, value }: UniqueValue): UniqueValue {
  const trimmed = value.trim();
  return { property, value: property === EMAIL ? trimmed.toLowerCase() : trimmed };
}

export function tidyEffects(effects: readonly Effect[]): readonly Effect[] {
  return effects.map(tidyEffect);
}

function tidyEffect(effect: Effect): Effect {
  switch (effect.kind) {
    case 'upsertContact':
      return { ...effect, by: tidyKey(effect.by), properties: tidyProperties(effect.properties) };
    case 'setProperties':
      return { ...effect, on: tidyRef(effect.on), properties: tidyProperties(effect.properties) };
    case 'upsertRecord':
      return {
        ...effect,
        ...(effect.by && { by: tidyKey(effect.by) }),
        properties: tidyProperties(effect.properties),
        ...(effect.associations && {
          associations: effect.associations.map((one) => ({ ...one, to: tidyRef(one.to) })),
        }),
      };
    case 'note':
    case 'task':
      return { ...effect, on: tidyRef(effect.on), timestamp: tidyTime(effect.timestamp) };
    case 'customEvent':
    case 'appEvent':
      return {
        ...effect,
        on: tidyRef(effect.on),
        properties: tidyProperties(effect.properties),
        timestamp: tidyTime(effect.timestamp),
      };
    case 'associate':
      return { ...effect, from: tidyRef(effect.from), to: tidyRef(effect.to) };
  }
}

function tidyRef(ref: RecordRef): RecordRef {
  if ('by' in ref) return { ...ref, by: tidyKey(ref.by) };
  return 'id' in ref ? { ...ref, id: ref.id.trim() } : ref;
}

/** A text of nothing but spaces says nothing, and its property is left as it is; null clears one. */
function tidyProperties(properties: Properties): Properties {
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, value]) => {
      const trimmed = typeof value === 'string' ? value.trim() : value;
      if (trimmed === '') return [];
      return [[name, name === EMAIL && trimmed !== null ? trimmed.toLowerCase() : trimmed]];
    }),
  );
}

/** What is no moment is left for `problemsOfEffects` to name. */
function tidyTime(timestamp: string): string {
  return isoTime(timestamp) ?? timestamp;
}
