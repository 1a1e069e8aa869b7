import type { Feature } from '../../domain/portals/features.js';
import type { PortalId } from '../../domain/portals/portal.js';

/** A type of events that a portal does not take as it is declared. */
export interface Limit {
  readonly type: string;
  /** Why, as a word. */
  readonly why: string;
  /** It is delivered in another form; false: it cannot be delivered. */
  readonly hasFallback: boolean;
}

/** What a feature says of a portal that is being connected or looked at. */
export interface PortalNotes {
  /** With one of these switched on there is something to say. */
  readonly features: readonly Feature[];
  limited(portal: PortalId): Promise<readonly Limit[]>;
}

/** What the features that are switched on say of a portal. */
export async function limitsOf(
  notes: readonly PortalNotes[],
  portal: PortalId,
  switchedOn: readonly Feature[],
): Promise<Limit[]> {
  const asked = notes.filter(({ features }) => features.some((one) => switchedOn.includes(one)));
  const all = await Promise.all(asked.map((one) => one.limited(portal)));
  return all.flat().map(({ type, why, hasFallback }) => ({ type, why, hasFallback }));
}
