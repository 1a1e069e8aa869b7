import {
  Client,
  Connection,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  WorkflowFailedError,
  WorkflowNotFoundError,
  isGrpcDeadlineError,
  isGrpcServiceError,
} from '@temporalio/client';
import { TypedSearchAttributes, type Duration, type SearchAttributePair } from '@temporalio/common';
import type { Config } from '../platform/config/config.js';
import { withDeadline } from '../platform/deadline.js';
import { NotKnown } from '../platform/health.js';
import { createAbilities, type TemporalAbilities } from './abilities.js';
import { createNudges } from './nudges.js';
import { queueName, type TaskQueue } from './taskQueues.js';

type TemporalConfig = Pick<
  Config,
  'TEMPORAL_ADDRESS' | 'TEMPORAL_NAMESPACE' | 'TEMPORAL_API_KEY' | 'TEMPORAL_TLS' | 'TEMPORAL_TASK_QUEUE'
>;

/** A workflow as it is started: its contract's words, and what people see of it in Temporal. */
export interface WorkflowStart {
  readonly workflow: string;
  readonly queue: TaskQueue;
  readonly workflowId: string;
  readonly args: readonly unknown[];
  /** One line for people. Ids and counts only (law 4). */
  readonly summary?: string;
  readonly searchAttributes?: SearchAttributePair[];
}

/** A workflow that a Schedule of Temporal's starts, one at a time. */
export interface ScheduledWorkflow {
  readonly scheduleId: string;
  readonly everyMs: number;
  readonly workflow: string;
  readonly queue: TaskQueue;
  readonly workflowId: string;
  readonly args?: readonly unknown[];
  readonly runTimeout: Duration;
  readonly purpose: string;
}

/**
 * The only way in which the service starts, signals and cancels workflows. Each call has a deadline of ten seconds.
 * What a room starts stands in its `starter.ts`, in the words of its `contract.ts`.
 */
export interface TemporalConnection {
  /** Starts the workflow; does nothing when it runs already. Starts it anew when it had ended. */
  start(start: WorkflowStart): Promise<void>;
  /**
   * Starts the workflow, or finds it running, and waits for its result. Undefined: there is none in time, and the
   * workflow is ended.
   */
  resultOf<T>(start: WorkflowStart, withinMs: number): Promise<T | undefined>;
  /** Signals the workflow, which is started when it does not run. As `signal`, one may stand for many. */
  signalWithStart(start: WorkflowStart, signal: string): Promise<void>;
  /**
   * Has the workflow look at what was committed before this call; a signal says no more than that, so one may stand for
   * many (nudges.ts). False when the workflow does not run.
   */
  signal(workflowId: string, signal: string): Promise<boolean>;
  /** Asks a workflow to end. False when it does not run. */
  cancel(workflowId: string): Promise<boolean>;
  /**
   * Makes the schedule. One that is there stays as it is (paused, or with another interval), but for its task queue. A
   * round that comes while the last one runs is skipped.
   */
  ensureSchedule(schedule: ScheduledWorkflow): Promise<void>;
  /** What the schedule gives to its workflow. Undefined: there is no such schedule. */
  scheduleArgs(scheduleId: string): Promise<readonly unknown[] | undefined>;
  /** Gives something else from now on. Does nothing when there is no such schedule. */
  setScheduleArgs(scheduleId: string, args: readonly unknown[]): Promise<void>;
  /**
   * Has a round of the schedule begin now, or when the one that runs has ended: a hint, of which one a second is sent
   * for all who ask. Does nothing when there is no such schedule, and where somebody has paused it.
   */
  triggerSchedule(scheduleId: string): Promise<void>;
  /** Resolves when the server answers within three seconds; rejects otherwise, with words that say what to do. */
  check(): Promise<void>;
  readonly abilities: TemporalAbilities;
  close(): Promise<void>;
}

const DEADLINE_MS = 10_000;
const CHECK_DEADLINE_MS = 3000;
/** Between two triggers of a schedule, whoever asks: who waits for theirs waits no longer. */
const TRIGGER_PAUSE_MS = { first: 1000, most: 1000 };

/** Connects lazily: the process may start, and take calls, while Temporal is away. */
export function connectTemporal(config: TemporalConfig): TemporalConnection {
  const connection = Connection.lazy({
    address: config.TEMPORAL_ADDRESS,
    tls: config.TEMPORAL_TLS,
    connectTimeout: '5s',
    ...(config.TEMPORAL_API_KEY ? { apiKey: config.TEMPORAL_API_KEY.reveal() } : {}),
  });
  const client = new Client({ connection, namespace: config.TEMPORAL_NAMESPACE });
  const nameOf = (queue: TaskQueue) => queueName(config.TEMPORAL_TASK_QUEUE, queue);
  const inTime = <T>(call: () => Promise<T>) => client.withDeadline(Date.now() + DEADLINE_MS, call);
  const nudges = createNudges();
  const triggers = createNudges(TRIGGER_PAUSE_MS);
  const nudge = (workflowId: string, signal: string, call: () => Promise<unknown>) =>
    nudges.send(`${signal} ${workflowId}`, () => inTime(() => ifItRuns(() => ifItHasRoom(call))));

  const optionsOf = ({ queue, workflowId, args, summary, searchAttributes }: WorkflowStart) => ({
    taskQueue: nameOf(queue),
    workflowId,
    args: [...args],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE' as const,
    ...(summary === undefined ? {} : { staticSummary: summary }),
    ...(searchAttributes && { typedSearchAttributes: new TypedSearchAttributes(searchAttributes) }),
  });

  return {
    async start(start) {
      const options = { ...optionsOf(start), workflowIdConflictPolicy: 'USE_EXISTING' as const };
      await inTime(() => client.workflow.start(start.workflow, options));
    },

    async resultOf<T>(start: WorkflowStart, withinMs: number) {
      const options = {
        ...optionsOf(start),
        workflowIdConflictPolicy: 'USE_EXISTING' as const,
        workflowRunTimeout: withinMs,
      };
      const handle = await inTime(() => client.workflow.start(start.workflow, options));
      try {
        const until = Date.now() + withinMs;
        return (await client.withDeadline(until, () => handle.result())) as T;
      } catch (error) {
        if (isGrpcDeadlineError(error)) return undefined;
        if (error instanceof WorkflowFailedError) return undefined;
        throw error;
      }
    },

    async signalWithStart(start, signal) {
      const options = { ...optionsOf(start), workflowIdConflictPolicy: 'USE_EXISTING' as const, signal };
      await nudge(start.workflowId, signal, () => client.workflow.signalWithStart(start.workflow, options));
    },

    signal: (workflowId, signal) =>
      nudge(workflowId, signal, () => client.workflow.getHandle(workflowId).signal(signal)),

    cancel: (workflowId) => inTime(() => ifItRuns(() => client.workflow.getHandle(workflowId).cancel())),

    async ensureSchedule({ scheduleId, everyMs, workflow, queue, workflowId, args, runTimeout, purpose }) {
      try {
        await client.schedule.create({
          scheduleId,
          spec: { intervals: [{ every: everyMs }] },
          policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: 60_000 },
          action: {
            type: 'startWorkflow',
            workflowType: workflow,
            workflowId,
            args: [...(args ?? [])],
            taskQueue: nameOf(queue),
            workflowRunTimeout: runTimeout,
          },
          memo: { purpose },
        });
      } catch (error) {
        if (!(error instanceof ScheduleAlreadyRunning)) throw error;
        await client.schedule
          .getHandle(scheduleId)
          .update((known) => ({ ...known, action: { ...known.action, taskQueue: nameOf(queue) } }));
      }
    },

    async scheduleArgs(scheduleId) {
      try {
        const { action } = await inTime(() => client.schedule.getHandle(scheduleId).describe());
        return (action.args ?? []) as unknown[];
      } catch (error) {
        if (error instanceof ScheduleNotFoundError) return undefined;
        throw error;
      }
    },

    async setScheduleArgs(scheduleId, args) {
      try {
        await inTime(() =>
          client.schedule
            .getHandle(scheduleId)
            .update(({ action, ...schedule }) => ({ ...schedule, action: { ...action, args: [...args] } })),
        );
      } catch (error) {
        if (!(error instanceof ScheduleNotFoundError)) throw error;
      }
    },

    async triggerSchedule(scheduleId) {
      const handle = client.schedule.getHandle(scheduleId);
      await triggers.send(scheduleId, () =>
        inTime(async () => {
          try {
            if ((await handle.describe()).state.paused) return false;
            await handle.trigger(ScheduleOverlapPolicy.BUFFER_ONE);
            return true;
          } catch (error) {
            if (error instanceof ScheduleNotFoundError) return false;
            throw error;
          }
        }),
      );
    },

    async check() {
      try {
        const asked = client.withDeadline(Date.now() + CHECK_DEADLINE_MS, () =>
          connection.workflowService.getSystemInfo({}),
        );
        // While the connection is made, the call's own deadline does not count. Otherwise that one is the first, and
        // ends the call's retries, too.
        await withDeadline(asked, CHECK_DEADLINE_MS + 1500, () => new Error('No answer in time'));
      } catch (cause) {
        throw new NotKnown('Temporal does not answer: check TEMPORAL_ADDRESS and that it runs', { cause });
      }
    },

    abilities: createAbilities(connection, client, config.TEMPORAL_NAMESPACE),

    close: () => connection.close(),
  };
}

async function ifItRuns(call: () => Promise<unknown>): Promise<boolean> {
  try {
    await call();
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

const INVALID_ARGUMENT = 3; // grpc

/**
 * A run that has had so many signals that Temporal takes no more has to look before it ends, and the run that follows
 * it begins with a look: it needs no other one.
 */
async function ifItHasRoom(signal: () => Promise<unknown>): Promise<void> {
  try {
    await signal();
  } catch (error) {
    const { cause } = error instanceof Error ? error : {};
    if (!isGrpcServiceError(cause) || Number(cause.code) !== INVALID_ARGUMENT) throw error;
    if (!/limit for signal events/.test(cause.details)) throw error;
  }
}
