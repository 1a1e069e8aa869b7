import { randomInt } from 'node:crypto';
import type pg from 'pg';
import { until, type Stack } from '../support/stack.js';

/** Where in the database a process is to be caught. */
export interface Boundary {
  readonly table:
    | 'packs'
    | 'lane_grants'
    | 'execution_history'
    | 'outbox_inbox'
    | 'outbox_pending'
    | 'outbox_claims'
    | 'outbox_ledger'
    | 'outbox_history'
    | 'outbox_portals';
  readonly event: 'INSERT' | 'UPDATE' | 'DELETE';
  /** Over OLD and NEW. */
  readonly when?: string;
  /**
   * `before`: the statement has done nothing yet. `commit`: it has done everything, and its transaction is about to
   * commit.
   */
  readonly at: 'before' | 'commit';
}

export interface Gate {
  /** Resolves when a process stands at the gate. */
  caught(deadlineMs: number): Promise<void>;
  /** What was caught is undone, as when its server noticed first that it had died; the gate is taken away. */
  rollBack(): Promise<void>;
  /** What was caught takes effect although nobody is there to hear of it; the gate is taken away. */
  letThrough(): Promise<void>;
}

/**
 * Catches whoever comes by a boundary: a trigger in the stack's own database waits there for a lock that we hold. The
 * product is as it is; a process that is killed now dies exactly there.
 */
export async function setGate(stack: Stack, boundary: Boundary): Promise<Gate> {
  const key = randomInt(1, 2 ** 31 - 1);
  const name = `fault_gate_${key}`;
  const holder = await stack.pool.connect();
  await holder.query('SELECT pg_advisory_lock($1)', [key]);
  await holder.query(`CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM pg_advisory_xact_lock_shared(${key});
    RETURN coalesce(NEW, OLD);
  END $$`);
  const when = boundary.when === undefined ? '' : `WHEN (${boundary.when})`;
  await holder.query(
    boundary.at === 'before'
      ? `CREATE TRIGGER ${name} BEFORE ${boundary.event} ON ${boundary.table} FOR EACH ROW ${when} EXECUTE FUNCTION ${name}()`
      : `CREATE CONSTRAINT TRIGGER ${name} AFTER ${boundary.event} ON ${boundary.table} DEFERRABLE INITIALLY DEFERRED
           FOR EACH ROW ${when} EXECUTE FUNCTION ${name}()`,
  );

  const caughtPids = async (): Promise<number[]> => {
    const { rows } = await holder.query<{ pid: number }>(
      `SELECT pid FROM pg_locks JOIN pg_database d ON d.oid = database
        WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted AND objid = $1`,
      [key],
    );
    return rows.map(({ pid }) => pid);
  };

  return {
    async caught(deadlineMs) {
      try {
        await until(
          `somebody reaches ${boundary.event} of ${boundary.table}`,
          async () => (await caughtPids()).length > 0,
          deadlineMs,
          10,
        );
      } catch (error) {
        await open(holder, name, boundary.table); // a connection that is held would keep the stack from ending
        throw error;
      }
    },
    async rollBack() {
      // Others of the dead may come up behind those that are undone.
      await until(
        'they are gone',
        async () => {
          const pids = await caughtPids();
          for (const pid of pids) await holder.query('SELECT pg_terminate_backend($1)', [pid]);
          return pids.length === 0;
        },
        10_000,
        50,
      );
      await open(holder, name, boundary.table);
    },
    async letThrough() {
      const pids = await caughtPids();
      await holder.query('SELECT pg_advisory_unlock($1)', [key]);
      await until(
        'they are through',
        async () => {
          const { rows } = await holder.query(
            `SELECT 1 FROM pg_stat_activity WHERE pid = ANY ($1) AND state = 'active'`,
            [pids],
          );
          return rows.length === 0;
        },
        5000,
        10,
      );
      await open(holder, name, boundary.table);
    },
  };
}

async function open(holder: pg.PoolClient, name: string, table: string): Promise<void> {
  await holder.query('SELECT pg_advisory_unlock_all()');
  await holder.query(`DROP TRIGGER ${name} ON ${table}`);
  await holder.query(`DROP FUNCTION ${name}()`);
  holder.release();
}
