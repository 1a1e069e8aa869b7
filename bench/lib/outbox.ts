import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { startServices, type Services } from '../../scripts/lib/services.mjs';
import { createDatabase } from '../../test/support/servers.js';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** A Postgres of the benchmark's own, fsync on, with a migrated database for the outbox and an empty one for the peers. */
export interface OutboxBench {
  readonly workspaceId: string;
  readonly admin: pg.Pool;
  /** Connections of the application's role, as the service has them. */
  pool(size: number): pg.Pool;
  readonly peerDatabaseUrl: string;
  /** Puts `count` events before each of these portals, `keys` ordering keys in turn. Not part of what is measured. */
  fill(portals: readonly number[], count: number): Promise<void>;
  stop(): Promise<void>;
}

export const PAYLOAD = {
  driverId: '8d0c6f1e-6a35-4f6a-9d1d-2f6f0b6f2a11',
  email: 'driver@example.com',
  firstName: 'Ada',
  city: 'Dublin',
  vehicle: 'bicycle',
  signedUpAt: '2026-11-24T09:30:00Z',
};

export async function startOutboxBench(): Promise<OutboxBench> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'sluice-bench-'));
  const services: Services = await startServices({ dir, durable: true, postgres: {}, temporal: false });
  const adminUrl = services.env.DATABASE_ADMIN_URL;
  if (adminUrl === undefined) throw new Error('Postgres was started and says no address');
  const database = await createDatabase(adminUrl);
  const admin = new pg.Pool({ connectionString: database.adminUrl, max: 4, options: '-c jit=off' });
  const pools = [admin];
  // What fails is told by the statement; that the servers end before an idle connection does is nothing to tell.
  admin.on('error', () => undefined);
  await admin.query('CREATE DATABASE peers');
  const peerUrl = new URL(adminUrl);
  peerUrl.pathname = '/peers';
  const workspaceId = randomUUID();
  return {
    workspaceId,
    admin,
    peerDatabaseUrl: peerUrl.href,
    pool(size) {
      const pool = new pg.Pool({ connectionString: database.url, max: size, options: '-c jit=off' });
      pool.on('error', () => undefined);
      pools.push(pool);
      return pool;
    },
    async fill(portals, count) {
      await admin.query(
        `INSERT INTO outbox_pending (workspace_id, portal_id, type, ordering_key, payload, captured_at)
         SELECT $1, ($2::bigint[])[1 + i % cardinality($2::bigint[])], 'driver_signed_up', 'driver-' || i, $3::jsonb || jsonb_build_object('n', i),
                clock_timestamp()
           FROM generate_series(0, $4::int * cardinality($2::bigint[]) - 1) i`,
        [workspaceId, portals, JSON.stringify(PAYLOAD), count],
      );
      await admin.query(
        `INSERT INTO outbox_portals (portal_id, workspace_id, low_id) SELECT p, $1, 0 FROM unnest($2::bigint[]) p
         ON CONFLICT (portal_id) DO UPDATE SET low_id = 0`,
        [workspaceId, portals],
      );
      await admin.query('VACUUM (ANALYZE) outbox_pending');
    },
    async stop() {
      for (const pool of pools) await pool.end();
      await services.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
