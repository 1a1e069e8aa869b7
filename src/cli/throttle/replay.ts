import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { fetchHistory } from '../../temporal/history.js';
import { workflowsPath } from '../../worker/worker.js';
import { CliError } from '../errors.js';
import type { Settings } from '../settings.js';

export interface ReplayResult {
  readonly workflowId: string;
  readonly events: number;
  readonly same: boolean;
  /** The first event that the code at hand would not have made. */
  readonly partsAt: string | null;
  readonly problem: string | null;
}

/** Once per process, before anything else of the SDK: a replay that parts is our result, not a line of its log. */
export function silenceSdk(): void {
  Runtime.install({
    logger: new DefaultLogger('ERROR', () => undefined),
    telemetryOptions: { logging: { forward: {}, filter: 'OFF' } },
  });
}

/**
 * Fetches a workflow's history from Temporal and runs it through the workflow code that lies here. Nothing is sent
 * anywhere.
 */
export async function replay(temporal: Settings['temporal'], workflowId: string): Promise<ReplayResult> {
  const history = await fetchHistory(withoutMissing(temporal), workflowId).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliError(
      `Cannot reach Temporal at ${temporal.TEMPORAL_ADDRESS}: set TEMPORAL_ADDRESS (${reason})`,
    );
  });
  if (!history)
    throw new CliError(`Temporal has no workflow ${workflowId} (any more): its retention may have ended`);
  const events = history.events?.length ?? 0;
  try {
    await Worker.runReplayHistory({ workflowsPath }, history, workflowId);
    return { workflowId, events, same: true, partsAt: null, problem: null };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // The SDK wraps its own sentence in a printed structure.
    const problem = /"(\[TMPRL\d+\][^"]*)"/.exec(message)?.[1] ?? message;
    return { workflowId, events, same: false, partsAt: partingEvent(problem), problem };
  }
}

/** The SDK names the event in its message: `… HistoryEvent(id: 5, TimerStarted)`. */
export function partingEvent(problem: string): string {
  const [, id, type] = /HistoryEvent\(id: (\d+), (\w+)\)/.exec(problem) ?? [];
  return id === undefined
    ? 'an event that the SDK does not name'
    : `event ${id}${type === undefined ? '' : ` (${type})`}`;
}

function withoutMissing({ TEMPORAL_API_KEY: key, ...rest }: Settings['temporal']) {
  return key === undefined ? rest : { ...rest, TEMPORAL_API_KEY: key };
}
