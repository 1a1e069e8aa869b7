import {
  Client,
  Connection,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  WorkflowFailedError,
  WorkflowNotFoundError,
  isGrpcCancelledError,
  isGrpcDeadlineError,
  isGrpcServiceError,
  type ScheduleOptions,
} from '@temporalio/client';
import { TypedSearchAttributes, type Duration, type SearchAttributePair } from '@temporalio/common';
import type { Config } from '../platform/config/config.js';
import { withDeadline } from '../platform/deadline.js';
import { NotKnown } from '../platform/health.js';
import { createAbilities, type TemporalAbilities } from './abilities.js';
import { createClosing } from './closing.js';
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

/** A Schedule whose times are somebody's choice: by an interval or a calendar. */
export interface ChosenSchedule extends Omit<ScheduledWorkflow, 'everyMs'> {
  readonly spec: { readonly everyMs: number } | { readonly cron: string; readonly timeZone: string };
  /** What was missed, Temporal being away, is done for so long after its time. */
  readonly catchUpMs: number;
  /** Tells it from one of other times, or of another workspace. */
  readonly note: string;
}

/** A Schedule that is there. */
export interface ScheduleAtTemporal {
  readonly note: string | undefined;
  readonly nextAt: Date | undefined;
  /** Why, where somebody has paused it: '' without a reason. */
  readonly paused: string | undefined;
}

/** Temporal does not take its times. */
export class ScheduleRefused extends Error {
  override readonly name = 'ScheduleRefused';
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
  /** The same, for so long; then the workflow goes on. */
  endOf(start: WorkflowStart, withinMs: number): Promise<void>;
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
  /** Makes a Schedule in place of one that has its id. Rejects with ScheduleRefused. */
  replaceSchedule(schedule: ChosenSchedule): Promise<void>;
  /** Does nothing when there is none. */
  removeSchedule(scheduleId: string): Promise<void>;
  /**
   * Those whose ids begin so, and that start workflows on this queue: others are not ours. What was made or removed a
   * moment ago may be missing, or still be there.
   */
  schedulesNamed(prefix: string, queue: TaskQueue): Promise<ReadonlyMap<string, ScheduleAtTemporal>>;
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
  const closing = createClosing();
  const connection = Connection.lazy({
    address: config.TEMPORAL_ADDRESS,
    tls: config.TEMPORAL_TLS,
    connectTimeout: '5s',
    interceptors: closing.interceptors,
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

  const actionOf = (
    given: Pick<ScheduledWorkflow, 'workflow' | 'workflowId' | 'args' | 'queue' | 'runTimeout'>,
  ): ScheduleOptions['action'] => ({
    type: 'startWorkflow',
    workflowType: given.workflow,
    workflowId: given.workflowId,
    args: [...(given.args ?? [])],
    taskQueue: nameOf(given.queue),
    workflowRunTimeout: given.runTimeout,
  });

  async function removeSchedule(scheduleId: string): Promise<void> {
    try {
      await inTime(() => client.schedule.getHandle(scheduleId).delete());
    } catch (error) {
      if (!(error instanceof ScheduleNotFoundError)) throw error;
    }
  }

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
        // Why it failed stands with it at Temporal.
        if (isTimeOver(error) || error instanceof WorkflowFailedError) return undefined;
        throw error;
      }
    },

    async endOf(start, withinMs) {
      const options = { ...optionsOf(start), workflowIdConflictPolicy: 'USE_EXISTING' as const };
      const handle = await inTime(() => client.workflow.start(start.workflow, options));
      if (withinMs <= 0) return;
      try {
        await client.withDeadline(Date.now() + withinMs, () => handle.result());
      } catch (error) {
        // How it ended stands in the database.
        if (!isTimeOver(error) && !(error instanceof WorkflowFailedError)) throw error;
      }
    },

    async signalWithStart(start, signal) {
      const options = { ...optionsOf(start), workflowIdConflictPolicy: 'USE_EXISTING' as const, signal };
      await nudge(start.workflowId, signal, () => client.workflow.signalWithStart(start.workflow, options));
    },

    signal: (workflowId, signal) =>
      nudge(workflowId, signal, () => client.workflow.getHandle(workflowId).signal(signal)),

    cancel: (workflowId) => inTime(() => ifItRuns(() => client.workflow.getHandle(workflowId).cancel())),

    async ensureSchedule(schedule) {
      const { scheduleId, everyMs, queue, purpose } = schedule;
      try {
        await client.schedule.create({
          scheduleId,
          spec: { intervals: [{ every: everyMs }] },
          policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: 60_000 },
          action: actionOf(schedule),
          memo: { purpose },
        });
      } catch (error) {
        if (!(error instanceof ScheduleAlreadyRunning)) throw error;
        await client.schedule
          .getHandle(scheduleId)
          .update((known) => ({ ...known, action: { ...known.action, taskQueue: nameOf(queue) } }));
      }
    },

    async replaceSchedule({ spec, catchUpMs, note, ...schedule }) {
      const { scheduleId, purpose } = schedule;
      await removeSchedule(scheduleId);
      try {
        await inTime(() =>
          client.schedule.create({
            scheduleId,
            spec:
              'everyMs' in spec
                ? { intervals: [{ every: spec.everyMs }] }
                : { cronExpressions: [spec.cron], timezone: spec.timeZone },
            policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: catchUpMs },
            action: actionOf(schedule),
            memo: { purpose, note, taskQueue: nameOf(schedule.queue) },
          }),
        );
      } catch (error) {
        const refused = refusalIn(error);
        if (refused === undefined) throw error;
        throw new ScheduleRefused(`Temporal does not take it: ${refused}`, { cause: error });
      }
    },

    removeSchedule,

    async schedulesNamed(prefix, queue) {
      const found = new Map<string, ScheduleAtTemporal>();
      await inTime(async () => {
        for await (const { scheduleId, memo, state, info } of client.schedule.list())
          if (scheduleId.startsWith(prefix) && memo?.taskQueue === nameOf(queue))
            found.set(scheduleId, {
              note: typeof memo.note === 'string' ? memo.note : undefined,
              nextAt: info.nextActionTimes[0],
              paused: state.paused ? (state.note ?? '') : undefined,
            });
      });
      return found;
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

    close() {
      closing.begin();
      return connection.close();
    },
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
    if (!/limit for signal events/.test(refusalIn(error) ?? '')) throw error;
  }
}

/** In the server's words, where it takes what it was asked for a mistake. */
function refusalIn(error: unknown): string | undefined {
  const { cause } = error instanceof Error ? error : {};
  return isGrpcServiceError(cause) && Number(cause.code) === INVALID_ARGUMENT ? cause.details : undefined;
}

/** A server whose clock is first tells that it cancelled the call; nobody else cancels one that waits for a result. */
const isTimeOver = (error: unknown) => isGrpcDeadlineError(error) || isGrpcCancelledError(error);
