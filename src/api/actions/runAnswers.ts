import type { ActionIntakeAnswer } from '../../db/actions/intake.js';
import { runOutputs } from '../../domain/actions/runOutputs.js';
import type { KeptResult } from '../../domain/actions/runResult.js';
import { blockOutputs, type ActionOutputs } from '../../domain/throttle/actionOutputs.js';
import { actionRunContext } from '../../secrets/encryptionContext.js';
import type { Sealing } from '../../secrets/sealing.js';
import type { Committed } from '../http/committer.js';
import type { SignedAnswer } from '../room.js';
import { isTooLateForBlock } from '../throttle/actionRoute.js';

/** What HubSpot is answered of a run, by where it stands. */
export type RunAnswers = (run: Committed<ActionIntakeAnswer>, callHash: Buffer) => Promise<SignedAnswer>;

/** `holdMs`: after its commit a run is not completed for so long (THROTTLE_MIN_HOLD_MS). */
export function createRunAnswers(sealing: Sealing, holdMs: number): RunAnswers {
  return async (run, callHash) => {
    const { state, fresh, expiresInMs, workspaceId, sealedResult, errorCode, reason } = run;
    const result = fresh ? state : 'repeat';
    const ends = (outputs: ActionOutputs) => ({ result, status: 200, body: { outputFields: outputs } });
    if (state === 'waiting' || state === 'completing') {
      if (isTooLateForBlock({ askedAt: run.askedAt, state: 'waiting', plannedInMs: 0 }, holdMs))
        return {
          ...{ result: 'late', status: 503, retryAfterMs: holdMs },
          body: { message: 'Committed, and answered too late; call again' },
        };
      return ends(blockOutputs(expiresInMs));
    }
    const context = actionRunContext(workspaceId, callHash, 'sealed_result');
    const kept =
      sealedResult === null
        ? {}
        : (JSON.parse((await sealing.open(sealedResult, context)).reveal()) as KeptResult);
    return ends(runOutputs({ errorCode, reason, outputs: kept.outputs ?? {} }));
  };
}
