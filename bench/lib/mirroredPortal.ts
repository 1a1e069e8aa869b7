import { setTimeout as delay } from 'node:timers/promises';
import { usageOf } from '../../test/support/procfs.js';
import { until, type Stack } from '../../test/support/stack.js';

/** A portal of the sandbox with contacts, of which a mirror is made by one worker. */
export interface MirroredPortal {
  readonly portalId: number;
  start(): Promise<void>;
  /** Until all was read for the first time, and the run that read it is over. */
  loaded(deadlineMs: number): Promise<void>;
  control(path: string, body: unknown): Promise<void>;
  usage(): Promise<{ readonly calls: number; readonly rejected429: number }>;
}

export async function openMirroredPortal(stack: Stack, contacts: number): Promise<MirroredPortal> {
  const portalId = await stack.connectPortal();
  async function control(path: string, body: unknown): Promise<void> {
    const url = `${stack.sandboxProcess.url}/_sandbox/portals/${portalId}/crm/contacts/${path}`;
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  }
  await control('generate', { count: contacts });
  return {
    portalId,
    control,
    start: () => stack.api.must('POST', `/api/sync/${portalId}/contacts`, { action: 'start' }),
    async loaded(deadlineMs) {
      await until(
        'all records are in the mirror',
        async () => {
          const { rows } = await stack.pool.query<{ through: boolean; failure: string | null }>(
            `SELECT loaded_at IS NOT NULL AND lease_until IS NULL AS through, CASE WHEN failures_in_a_row > 3 THEN last_error END AS failure
               FROM sync_states WHERE portal_id = $1`,
            [portalId],
          );
          if (rows[0]?.failure) throw new Error(rows[0].failure);
          return rows[0]?.through ?? false;
        },
        deadlineMs,
        250,
      );
    },
    async usage() {
      const { portals } = await stack.sandbox.report({ portalId });
      const [portal] = portals;
      if (!portal) throw new Error('The sandbox does not know the portal');
      return portal;
    },
  };
}

/** The worker's memory once a second, in MiB, until it is asked for. */
export function watchMemory(stack: Stack): () => Promise<number[]> {
  const seen: number[] = [];
  let goesOn = true;
  const watching = (async () => {
    while (goesOn) {
      seen.push(usageOf(stack.workers[0]!.pid!).residentMib);
      await delay(1000);
    }
  })();
  return async () => {
    goesOn = false;
    await watching;
    return seen;
  };
}
