import { randomUUID } from 'node:crypto';
import { startBenchDatabase, type BenchDatabase } from './database.js';

export interface OutboxBench extends BenchDatabase {
  readonly workspaceId: string;
  /** An empty database for the peers, on the same server. */
  readonly peerDatabaseUrl: string;
  /** Puts `count` events before each of these portals. Not part of what is measured. */
  fill(portals: readonly number[], count: number): Promise<void>;
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
  const database = await startBenchDatabase();
  const { admin } = database;
  await admin.query('CREATE DATABASE peers');
  const peerUrl = new URL(database.serverUrl);
  peerUrl.pathname = '/peers';
  const workspaceId = randomUUID();
  return {
    ...database,
    workspaceId,
    peerDatabaseUrl: peerUrl.href,
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
  };
}
