import type { Effect } from '../domain/outbox/effects.js';
import type { OwnProperty } from './registry/properties.js';

const ISO_TIME = /^\d{4}-\d{2}-\d{2}T/;

/**
 * The properties with this prefix that the effects set, by object type. A counter is a number, a time a date, all else text: what looks like a
 * number may be an id.
 */
export function wantedProperties(
  effects: readonly Effect[],
  prefix: string,
): Map<string, Map<string, OwnProperty>> {
  const wanted = new Map<string, Map<string, OwnProperty>>();
  const want = (objectType: string, name: string, type: OwnProperty['type']): void => {
    if (!name.startsWith(prefix)) return;
    const properties = wanted.get(objectType) ?? new Map<string, OwnProperty>();
    wanted.set(objectType, properties.set(name, { name, label: labelOf(name, prefix), type }));
  };
  for (const effect of effects) {
    if (!('properties' in effect) || effect.kind === 'customEvent' || effect.kind === 'appEvent') continue;
    const objectType = objectTypeOf(effect, effects);
    if (objectType === undefined) continue;
    for (const [name, value] of Object.entries(effect.properties ?? {}))
      want(objectType, name, value !== null && ISO_TIME.test(value) ? 'datetime' : 'string');
    if (effect.kind === 'upsertContact')
      for (const name of Object.keys(effect.counters ?? {})) want(objectType, name, 'number');
  }
  return wanted;
}

function objectTypeOf(effect: Effect, all: readonly Effect[]): string | undefined {
  if (effect.kind === 'upsertContact') return 'contacts';
  if (effect.kind === 'upsertRecord') return effect.objectType;
  if (effect.kind !== 'setProperties') return undefined;
  if ('objectType' in effect.on) return effect.on.objectType;
  const target = all[effect.on.effect];
  return target === undefined || target === effect ? undefined : objectTypeOf(target, all);
}

function labelOf(name: string, prefix: string): string {
  const words = name.slice(prefix.length).replaceAll('_', ' ').trim() || name;
  return words.charAt(0).toUpperCase() + words.slice(1);
}
