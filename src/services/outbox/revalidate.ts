import type { DeadLetter } from '../../db/outbox/deadLetters.js';
import type { PortalResolver } from '../../db/portals/portalResolver.js';
import { readEffectStates } from '../../domain/outbox/effectStates.js';
import type { Config } from '../../platform/config/config.js';
import { saysLoss } from '../../sdk/outbox/json.js';
import type { EventContext } from '../../sdk/outbox/registry/eventType.js';
import type { Registry } from '../../sdk/outbox/registry/registry.js';
import { destinationWithin } from './destination.js';
import { interpret } from './interpret.js';
import { validateEvent } from './validateEvent.js';
import type { WorkspaceSettingsCache } from './workspaceSettings.js';

export type Revalidated =
  | {
      readonly ok: true;
      readonly id: string;
      readonly portalId: number;
      readonly version: number;
      readonly orderingKey: string | null;
    }
  | { readonly ok: false; readonly id: string; readonly reason: string };

interface Dependencies {
  readonly portalResolver: PortalResolver;
  readonly registry: Registry;
  readonly settings: WorkspaceSettingsCache;
  readonly options: Pick<EventContext, 'contactKeyProperty'>;
  readonly config: Pick<Config, 'HUBSPOT_PORTAL_ID'>;
}

/**
 * Validates a dead letter as if it came today: its type or its mapping may have been corrected, its portal connected.
 * An event of which an effect has taken place keeps the version with which it did: effects are known by their number.
 */
export async function revalidate(
  deps: Dependencies,
  workspaceId: string,
  letter: DeadLetter,
): Promise<Revalidated> {
  const { id } = letter;
  const refused = (reason: string): Revalidated => ({ ok: false, id, reason });
  // Discarding keeps the words of the operator there; then nothing is known of it.
  if (letter.state === 'invalid' && saysLoss(letter.reason)) return refused(letter.reason);
  const named = letter.portalId ?? deps.config.HUBSPOT_PORTAL_ID;
  const destination = await destinationWithin(workspaceId, named, deps.portalResolver);
  if (destination.problem !== undefined) return refused(destination.problem);
  const { portalId } = destination;
  const settings = await deps.settings.of(workspaceId);
  const states = Object.values(readEffectStates(letter.effects));
  if (letter.sent || states.some(({ state }) => state === 'done')) {
    const occurredAt = (letter.occurredAt ?? letter.capturedAt).toISOString();
    const context = { eventId: id, portalId: String(portalId), occurredAt, ...deps.options };
    const interpreted = interpret(letter, context, deps.registry, settings);
    if (!interpreted.ok) return refused(interpreted.reason);
    return { ok: true, id, portalId, version: letter.version, orderingKey: letter.orderingKey };
  }
  const event = { ...letter, note: null };
  const validated = validateEvent(event, destination, deps.registry, settings, deps.options);
  if (validated.invalid !== null) return refused(validated.invalid);
  const { version, orderingKey } = validated;
  return { ok: true, id, portalId, version: version ?? letter.version, orderingKey };
}
