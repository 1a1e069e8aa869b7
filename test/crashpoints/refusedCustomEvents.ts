import type { Load } from './crashRoom.js';

const EVENTS = 3;

/** Events of an account that takes no custom events, which HubSpot says at the first: their fallbacks count once. */
export const refusedCustomEvents: Load['prepare'] = async (stack) => {
  const portalId = await stack.connectPortal();
  await stack.sandbox.createPortal(portalId, undefined, undefined, ['analytics.behavioral_events.send']);
  const { accessToken } = await stack.sandbox.install(portalId);
  const email = `crash-${portalId}@example.com`;
  const count = async (from: string): Promise<number> => {
    const { rows } = await stack.pool.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM ${from} WHERE portal_id = $1`,
      [portalId],
    );
    return rows[0]!.n;
  };
  return {
    async begin() {
      for (let n = 0; n < EVENTS; n += 1) {
        const payload = { driverId: `d-${portalId}`, email, amount: 1, redemptionId: `r-${n}` };
        await stack.pool.query('SELECT sluice_track_event($1, $2, NULL, NULL, $3)', [
          ...['nova_redeemed', JSON.stringify(payload), portalId],
        ]);
      }
    },
    async afterDeath() {
      await stack.pool.query(
        `UPDATE outbox_claims SET lease_until = lease_until - interval '3 minutes' WHERE portal_id = $1`,
        [portalId],
      );
    },
    ended: async () => (await count('outbox_history')) + (await count('outbox_dead')) === EVENTS,
    async judge() {
      const names = ['sluice_redemptions', 'sluice_nova_redeemed_events'];
      const answer = await fetch(
        `${stack.sandboxProcess.url}/crm/objects/2026-03/contacts/${email}?idProperty=email&properties=${names.join(',')}`,
        { headers: { authorization: `Bearer ${accessToken}` } },
      );
      const { properties } = (await answer.json()) as { properties?: Record<string, string | null> };
      const dead = await count('outbox_dead');
      const wrong = names.filter((name) => properties?.[name] !== String(EVENTS));
      return {
        problems: [
          ...(dead === 0 ? [] : [`${dead} events are dead`]),
          ...wrong.map((name) => `${name} is ${properties?.[name]}`),
        ],
        figures: [['processed', await count('outbox_history')]],
      };
    },
  };
};
