import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { Agent, request } from 'undici';

/*
 * The common design: a lock row that ends by itself after ten seconds, removed by whoever has finished, whether it is
 * still theirs or not. Asked `{ portals, callers }`, answers as lib/refreshProcess.ts does.
 */
const [databaseUrl = '', providerUrl = ''] = process.argv.slice(2);
const LOCK_SECONDS = 10;
const POLL_MS = 200;
const DEADLINE_MS = 120_000;
const dispatcher = new Agent({ connections: 512 });

process.on('disconnect', () => process.exit()); // who started it is gone
const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });

async function accessToken(portalId: number): Promise<void> {
  const deadlineAt = performance.now() + DEADLINE_MS;
  while (performance.now() < deadlineAt) {
    if (await isFresh(portalId)) return;
    const { rowCount } = await pool.query(
      `INSERT INTO peer_locks (portal_id, expires_at) VALUES ($1, clock_timestamp() + $2 * interval '1 second')
       ON CONFLICT (portal_id) DO UPDATE SET expires_at = excluded.expires_at WHERE peer_locks.expires_at < clock_timestamp()`,
      [portalId, LOCK_SECONDS],
    );
    if (rowCount === 0) {
      await delay(POLL_MS);
      continue;
    }
    try {
      if (await isFresh(portalId)) return;
      const body = `grant_type=refresh_token&refresh_token=refresh-${portalId}`;
      const answer = await request(`${providerUrl}/oauth/2026-03/token`, {
        method: 'POST',
        body,
        dispatcher,
      });
      await answer.body.dump();
      await pool.query(
        `UPDATE peer_tokens SET expires_at = clock_timestamp() + interval '30 minutes' WHERE portal_id = $1`,
        [portalId],
      );
      return;
    } finally {
      await pool.query('DELETE FROM peer_locks WHERE portal_id = $1', [portalId]);
    }
  }
  throw new Error(`Portal ${portalId} got no token in time`);
}

async function isFresh(portalId: number): Promise<boolean> {
  const { rowCount } = await pool.query(
    'SELECT 1 FROM peer_tokens WHERE portal_id = $1 AND expires_at > clock_timestamp()',
    [portalId],
  );
  return rowCount === 1;
}

process.on('message', ({ portals, callers }: { portals: number[]; callers: number }) => {
  const from = performance.now();
  // Callers of one process share what one of them does, as in-process caches do.
  const asked = portals.flatMap((portalId) => {
    const one = accessToken(portalId);
    return Array.from({ length: callers }, () => one);
  });
  void Promise.allSettled(asked).then((results) => {
    const failed = results.filter(({ status }) => status === 'rejected').length;
    process.send?.({ served: results.length - failed, failed, ms: performance.now() - from });
  });
});
process.send?.({ ready: true });
