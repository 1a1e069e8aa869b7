import type { z } from 'zod';
import { readCustomEventAccess } from '../../db/outbox/customEvents.js';
import { lockDeadLetters, type DeadLetterGroup } from '../../db/outbox/deadLetters.js';
import { forWorkspace, inWorkspace } from '../../db/tenant.js';
import type { Config } from '../../platform/config/config.js';
import { revalidate } from '../../services/outbox/revalidate.js';
import { callsFor } from './callsFor.js';
import type { CaptureDependencies } from './captureEvents.js';
import type { deadLetterFilter } from './deadLetterFilter.js';

/** So many dead letters are looked at closely; the rest is reckoned from them. */
const SAMPLE = 200;

type Dependencies = Omit<CaptureDependencies, 'wakeDeliveries' | 'config'> & {
  readonly config: Pick<Config, 'OUTBOX_BATCH_SIZE' | 'HUBSPOT_PORTAL_ID' | 'HUBSPOT_APP_EVENTS'>;
};

interface Plan {
  readonly filter: z.infer<typeof deadLetterFilter>;
  readonly perSecond: number;
  readonly total: number;
  readonly groups: readonly DeadLetterGroup[];
}

/** What a redrive would cost and come to, without beginning it: calls, how long it takes, and what is still invalid. */
export async function previewRedrive(
  deps: Dependencies,
  workspaceId: string,
  { filter, perSecond, total, groups }: Plan,
) {
  const { pool, config } = deps;
  const { letters: sample } = await inWorkspace(pool, workspaceId, (client) =>
    lockDeadLetters(client, workspaceId, filter, SAMPLE),
  );
  deps.settings.forget(workspaceId);
  const revalidated = await Promise.all(sample.map((letter) => revalidate(deps, workspaceId, letter)));
  const settings = await deps.settings.of(workspaceId);
  const sound = sample.flatMap((letter, n) => {
    const one = revalidated[n];
    return one?.ok ? [{ ...letter, ...one }] : [];
  });
  const calls = callsFor(sound, {
    ...deps,
    settings,
    batchSize: config.OUTBOX_BATCH_SIZE,
    appEvents: config.HUBSPOT_APP_EVENTS,
    access: await readCustomEventAccess(forWorkspace(pool, workspaceId), null),
  });
  const share = sample.length === 0 ? 0 : total / sample.length;
  return {
    total,
    groups,
    perSecond,
    durationMs: Math.ceil((total / perSecond) * 1000),
    calls: Math.ceil(calls * share),
    stillInvalid: Math.round((sample.length - sound.length) * share),
    sampled: sample.length,
    reasons: [...new Set(revalidated.flatMap((one) => (one.ok ? [] : [one.reason])))].slice(0, 10),
  };
}
