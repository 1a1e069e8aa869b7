import type { Config } from '../../platform/config/config.js';
import type { DeadLetter } from '../../db/outbox/deadLetters.js';
import type { PortalResolver } from '../../db/portals/portalResolver.js';
import { saysLoss } from '../../sdk/outbox/json.js';
import { destinationOf } from './destination.js';
import { interpret } from './interpret.js';
import { judge } from './judge.js';
import type { EventContext } from '../../sdk/outbox/registry/eventType.js';
import type { Registry } from '../../sdk/outbox/registry/registry.js';
import type { OutboxSettings } from './workspaceSettings.js';

export type JudgedAnew =
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
  readonly settings: OutboxSettings;
  readonly options: Pick<EventContext, 'contactKeyProperty'>;
  readonly config: Pick<Config, 'HUBSPOT_PORTAL_ID'>;
}

/**
 * Judges a dead letter as if it came today: its type or its mapping may have been mended, its portal connected. One of which an effect has
 * taken place keeps the version with which it did: effects are known by their number.
 */
export async function judgeAnew(
  deps: Dependencies,
  workspaceId: string,
  letter: DeadLetter,
): Promise<JudgedAnew> {
  const { id } = letter;
  const refused = (reason: string): JudgedAnew => ({ ok: false, id, reason });
  // Discarding keeps the words of the operator there; then nothing is known of it.
  if (letter.state === 'invalid' && saysLoss(letter.reason)) return refused(letter.reason);
  const portalId = letter.portalId ?? deps.config.HUBSPOT_PORTAL_ID;
  const destination = await destinationOf(portalId, deps.portalResolver, () => workspaceId);
  if (destination.problem !== undefined) return refused(destination.problem);
  if (portalId === undefined || destination.workspaceId !== workspaceId)
    return refused(`Portal ${portalId} is not connected here: connect it, then redrive`);
  const settings = await deps.settings.of(workspaceId);
  if (letter.sent || hasTakenPlace(letter.effects)) {
    const occurredAt = (letter.occurredAt ?? letter.capturedAt).toISOString();
    const context = { eventId: id, portalId: String(portalId), occurredAt, ...deps.options };
    const meant = interpret(letter, context, deps.registry, settings);
    if (!meant.ok) return refused(meant.reason);
    return { ok: true, id, portalId, version: letter.version, orderingKey: letter.orderingKey };
  }
  const judged = judge({ ...letter, note: null }, destination, deps.registry, settings, deps.options);
  if (judged.invalid !== null) return refused(judged.invalid);
  return {
    ok: true,
    id,
    portalId,
    version: judged.version ?? letter.version,
    orderingKey: judged.orderingKey,
  };
}

function hasTakenPlace(effects: unknown): boolean {
  if (typeof effects !== 'object' || effects === null) return false;
  return Object.values(effects as Record<string, { state?: string }>).some(({ state }) => state === 'done');
}
