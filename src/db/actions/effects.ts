import { hash } from 'node:crypto';
import type { Pool } from '../pool.js';
import { forWorkspace } from '../tenant.js';
import type { RunRef } from './runs.js';

/** Names an effect of a call. */
export function effectHashOf(callHash: Buffer, name: string): Buffer {
  return hash('sha256', Buffer.concat([callHash, Buffer.from(`\n${name}`)]), 'buffer');
}

export interface Effect {
  /** It was begun by an earlier try. */
  readonly isBegun: boolean;
  /** What it gave; null: it is not known whether it was done. */
  readonly sealedResult: string | null;
}

/** Notes that an effect is begun, or finds it. One that was begun and is not done is counted as a doubt of the run. */
export async function beginEffect(
  pool: Pool,
  { workspaceId, runId }: RunRef,
  effectHash: Buffer,
  name: string,
): Promise<Effect> {
  const { rows } = await forWorkspace(pool, workspaceId).query<Effect>({
    name: 'action_effect.begin',
    text: `WITH begun AS (
             INSERT INTO action_effects (effect_hash, workspace_id, run_id, name) VALUES ($1, $2, $3, $4)
               ON CONFLICT DO NOTHING RETURNING 1
           ), done AS (
             SELECT sealed_result FROM action_effects WHERE effect_hash = $1 AND workspace_id = $2 AND done_at IS NOT NULL
           ), doubt AS (
             UPDATE action_runs SET doubts = doubts + 1
              WHERE workspace_id = $2 AND id = $3 AND NOT EXISTS (SELECT FROM begun) AND NOT EXISTS (SELECT FROM done)
           )
           SELECT NOT EXISTS (SELECT FROM begun) AS "isBegun", (SELECT sealed_result FROM done) AS "sealedResult"`,
    values: [effectHash, workspaceId, runId, name],
  });
  const [effect] = rows;
  if (!effect) throw new Error('An effect that is begun is no row');
  return effect;
}

/** Keeps what it gave. */
export async function endEffect(
  pool: Pool,
  workspaceId: string,
  effectHash: Buffer,
  sealedResult: string,
): Promise<void> {
  await forWorkspace(pool, workspaceId).query({
    name: 'action_effect.end',
    text: `UPDATE action_effects SET sealed_result = $3, done_at = clock_timestamp() WHERE effect_hash = $1 AND workspace_id = $2`,
    values: [effectHash, workspaceId, sealedResult],
  });
}
