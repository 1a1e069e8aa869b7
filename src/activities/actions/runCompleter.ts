import type { ActionOutputs } from '../../domain/throttle/actionOutputs.js';
import type { Gateway } from '../../hubspot/gateway/gateway.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { CompletionRow, Verdict } from '../throttle/classifyOutcome.js';
import { callSpacingMs, MAX_PER_CALL } from '../throttle/completionPace.js';
import { createSendCompletions } from '../throttle/sendCompletions.js';

/** A run of which HubSpot is to be told. */
export interface RunCompletion extends CompletionRow {
  readonly outputs: ActionOutputs;
}

export interface RunCompleter {
  /** Resolves with what HubSpot's answer means for the run. */
  complete(portalId: number, run: RunCompletion): Promise<Verdict>;
}

interface Waiting {
  readonly run: RunCompletion;
  readonly onVerdict: (verdict: Verdict) => void;
  readonly onFailure: (error: unknown) => void;
}

/** Of a batch and all calls into which it is halved. */
const DEADLINE_MS = 20_000;

/**
 * Completes runs of a portal in as few calls as their pace allows, by what completes executions of the throttle: those
 * that end while a call is under way share the next one.
 */
export function createRunCompleter(gateway: Pick<Gateway, 'request'>): RunCompleter {
  const send = createSendCompletions<RunCompletion>(gateway, ({ outputs }) => outputs);
  /** By portal; one that is in it has calls under way. */
  const queues = new Map<number, Waiting[]>();

  async function work(portalId: number, queue: Waiting[]): Promise<void> {
    // Those that are told in the same turn of the event loop ride along.
    await new Promise((resolve) => setImmediate(resolve));
    while (queue.length > 0) {
      const batch = queue.splice(0, MAX_PER_CALL);
      const spaced = new Promise((resolve) => setTimeout(resolve, callSpacingMs(batch.length)));
      await tell(portalId, batch);
      crashPoint('actions.completion.told');
      if (queue.length > 0) await spaced;
    }
    queues.delete(portalId);
  }

  async function tell(portalId: number, batch: readonly Waiting[]): Promise<void> {
    try {
      const runs = batch.map(({ run }) => run);
      const answers = await send(portalId, runs, performance.now() + DEADLINE_MS);
      const verdicts = new Map(answers.map(({ row, ...verdict }) => [row, verdict]));
      for (const { run, onVerdict, onFailure } of batch) {
        const verdict = verdicts.get(run);
        if (verdict) onVerdict(verdict);
        else onFailure(new Error('A completion came without an answer'));
      }
    } catch (error) {
      for (const { onFailure } of batch) onFailure(error);
    }
  }

  return {
    complete: (portalId, run) =>
      new Promise((onVerdict, onFailure) => {
        const queue = queues.get(portalId);
        const waiting = { run, onVerdict, onFailure };
        if (queue) return void queue.push(waiting);
        const begun = [waiting];
        queues.set(portalId, begun);
        void work(portalId, begun);
      }),
  };
}
