import { randomBytes } from 'node:crypto';
import path from 'node:path';
import pg from 'pg';
import { installInbox } from '../../src/db/outbox/installInbox.js';
import { Secret } from '../../src/platform/secret.js';
import { createProcess } from '../support/process.js';
import { until } from '../support/stack.js';
import type { Load } from './crashRoom.js';

const EVENTS = 3;
const FETCHED_WITHIN_MS = 60_000;

/** An application with a database of its own, whose events a worker of their own fetches. */
export const foreignInbox: Load['prepare'] = async (stack) => {
  const portalId = await stack.connectPortal();
  const name = `shop_${randomBytes(6).toString('hex')}`;
  await stack.pool.query(`CREATE DATABASE ${name}`);
  const url = new URL(stack.databaseAdminUrl);
  url.pathname = `/${name}`;
  await installInbox(new Secret(url.href));
  const shop = new pg.Pool({ connectionString: url.href, max: 2 });
  const worker = createProcess({
    name,
    script: 'dist/worker/main.js',
    env: { ...stack.env, METRICS_PORT: '0', OUTBOX_DATABASE_URL: url.href },
    log: path.join(stack.dir, 'logs', `${name}.log`),
  });
  const count = async (db: pg.Pool, from: string): Promise<number> => {
    const { rows } = await db.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${from}`);
    return rows[0]!.n;
  };
  const left = async () =>
    (await count(shop, 'outbox_inbox')) + (await count(stack.pool, 'outbox_collected'));
  const ours = (table: string) => count(stack.pool, `${table} WHERE portal_id = ${portalId}`);
  return {
    process: worker,
    async begin() {
      for (let n = 0; n < EVENTS; n += 1)
        await shop.query('SELECT sluice_track_event($1, $2, NULL, NULL, $3)', [
          ...[
            'nova_earned',
            JSON.stringify({ driverId: `d-${n}`, email: `shop${n}@example.com`, amount: 1 }),
          ],
          portalId,
        ]);
    },
    async afterDeath() {
      await worker.restart({ env: { CRASH_POINT: '' } });
      await until(
        'the inbox is empty, and nothing is noted',
        async () => (await left()) === 0,
        FETCHED_WITHIN_MS,
      );
      await worker.stop();
    },
    ended: async () => (await ours('outbox_history')) >= EVENTS && (await ours('outbox_pending')) === 0,
    async judge() {
      await shop.end();
      await stack.pool.query(`DROP DATABASE ${name} WITH (FORCE)`);
      const done = await ours('outbox_history');
      const dead = await ours('outbox_dead');
      const contacts = (await stack.sandbox.crm(portalId)).records.contacts ?? 0;
      return {
        problems:
          done === EVENTS && dead === 0 && contacts === EVENTS
            ? []
            : [`${done} were processed, ${dead} are dead, ${contacts} contacts were made`],
        figures: [['processed', done]],
      };
    },
  };
};
