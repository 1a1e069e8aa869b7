import { definitionChanges, type DefinitionChange } from '../../domain/actions/definitionChanges.js';
import type { HeldDefinition } from '../../domain/actions/heldDefinition.js';
import type { HubSpotDefinition } from '../../domain/actions/hubspotDefinition.js';
import { counted } from '../output.js';
import { heldOf } from './atHubSpot.js';
import type { DefinitionHere } from './definitionsHere.js';

/** What HubSpot has of an action, what it is to have, and what lies between. */
export interface Planned {
  readonly name: string;
  /** HubSpot's number of it; null: HubSpot has none yet. */
  readonly id: string | null;
  readonly revisionId: string | null;
  readonly changes: readonly DefinitionChange[];
  readonly definition: HubSpotDefinition;
}

/** `published`: whether accounts are to see it; undefined: as it is, and not where it is new. */
export function planOf(
  here: readonly DefinitionHere[],
  held: readonly HeldDefinition[],
  origin: string,
  published?: boolean,
): Planned[] {
  return here.map((one) => {
    const before = heldOf(one, held, origin);
    const definition = one.define(origin, published ?? before?.definition.published ?? false);
    return {
      ...{ name: one.name, id: before?.id ?? null, revisionId: before?.revisionId ?? null, definition },
      changes: before ? definitionChanges(before.definition, definition) : [],
    };
  });
}

/** Those that HubSpot has of this Sluice, and nobody defines any more: their calls are answered 503. */
export function leftAtHubSpot(
  here: readonly DefinitionHere[],
  held: readonly HeldDefinition[],
  origin: string,
): HeldDefinition[] {
  const known = new Set(here.map((one) => heldOf(one, held, origin)));
  return held.filter(
    (one) => !known.has(one) && one.definition.actionUrl.startsWith(`${origin}/api/hubspot/action`),
  );
}

export function isSame({ id, changes }: Planned): boolean {
  return id !== null && changes.length === 0;
}

export function isBreaking({ changes }: Planned): boolean {
  return changes.some((change) => change.isBreaking);
}

/** For people, a line for each change. */
export function describePlan(one: Planned): string {
  const { name, id, revisionId, changes } = one;
  if (id === null) return `${name}: HubSpot has none yet`;
  if (isSame(one)) return `${name}: the same (${id}, revision ${revisionId})`;
  const lines = changes.map(({ at, what, isBreaking }) => `  ${isBreaking ? 'BREAKING ' : ''}${at}: ${what}`);
  return [`${name}: ${counted(changes.length, 'change')} (${id}, revision ${revisionId})`, ...lines].join(
    '\n',
  );
}
