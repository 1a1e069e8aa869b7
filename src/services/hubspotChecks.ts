import type { DatabaseClock } from '../db/clock.js';
import type { HubSpotSeen } from '../hubspot/oauth/lookAtHubSpot.js';
import { NotKnown, Unable, type HealthCheck } from '../platform/health.js';

/** Far below the five minutes after which a signature is stale, and the one by which it may come from the future. */
const MOST_SKEW_MS = 30_000;

/** What one question to HubSpot tells, in three checks. `look` is asked once. */
export function hubspotChecks(
  look: () => Promise<HubSpotSeen>,
  clock: Pick<DatabaseClock, 'nowMs' | 'measure'>,
): Readonly<Record<'hubspot' | 'hubspotClock' | 'oauthClient', HealthCheck>> {
  let looked: Promise<{ seen: HubSpotSeen; nowMs: number }> | undefined;
  const ask = () => (looked ??= askOnce());
  async function askOnce() {
    await clock.measure().catch(() => undefined); // then this machine's clock counts, as it does for signatures
    const seen = await look();
    return { seen, nowMs: clock.nowMs() };
  }

  return {
    async hubspot() {
      const { away } = (await ask()).seen;
      if (away !== undefined) throw new NotKnown(away);
    },
    async hubspotClock() {
      const { seen, nowMs } = await ask();
      if (seen.dateMs === undefined) throw new NotKnown('HubSpot does not say what time it is');
      const skewMs = nowMs - seen.dateMs;
      if (Math.abs(skewMs) <= MOST_SKEW_MS) return;
      const seconds = Math.round(Math.abs(skewMs) / 1000);
      throw new Unable(
        `The clock by which signatures are judged is ${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} HubSpot's`,
      );
    },
    async oauthClient() {
      const { is, code } = (await ask()).seen.client;
      if (is === 'known') return;
      const said = code === undefined ? '' : ` (${code})`;
      throw is === 'refused'
        ? new Unable(`HubSpot does not know our app by its id and secret${said}`)
        : new NotKnown(`HubSpot does not say whether it knows our app${said}`);
    },
  };
}
