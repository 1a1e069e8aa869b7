import type { Client, Connection } from '@temporalio/client';
import { ScheduleNotFoundError } from '@temporalio/client';
import { searchAttributes } from './searchAttributes.js';

/** What the namespace lets us do, as it is now. */
export interface TemporalAbilities {
  hasNamespace(): Promise<boolean>;
  /** Our search attributes that it lacks, or has with another type: `Lane`, `PortalId (Text)`. */
  missingSearchAttributes(): Promise<string[]>;
  /** Makes those that it lacks. */
  addSearchAttributes(): Promise<void>;
  /** Whether any worker has asked for tasks of this queue lately. */
  isPolled(taskQueue: string): Promise<boolean>;
  /** `note`: why it is paused, in the words of whoever did it. */
  scheduleState(
    scheduleId: string,
  ): Promise<{ readonly state: 'missing' | 'running' | 'paused'; readonly note?: string }>;
}

/** temporal.api.enums.v1.IndexedValueType, by its number. */
const TYPES = ['Unspecified', 'Text', 'Keyword', 'Int', 'Double', 'Bool', 'Datetime', 'KeywordList'];
const KEYWORD = TYPES.indexOf('Keyword');
const NAMES = Object.values(searchAttributes).map(({ name }) => name);

const NOT_FOUND = 5;
const INVALID_ARGUMENT = 3;
/** PERMISSION_DENIED, UNIMPLEMENTED: the operator's service is not for everybody, at Temporal Cloud for nobody. */
const NOT_FOR_US = new Set([7, 12]);
const WORKFLOW_QUEUE = 1;
const DEADLINE_MS = 3000;
/**
 * A worker asks once a minute at least; Temporal names it for five minutes after it died. Whether one has asked since
 * is seen by whether its time has changed: the server's clock and ours may differ.
 */
const LONGEST_SILENCE_MS = 150_000;

export function createAbilities(
  connection: Connection,
  client: Client,
  namespace: string,
  monotonicMs = () => performance.now(),
): TemporalAbilities {
  const inTime = <T>(call: () => Promise<T>) => client.withDeadline(Date.now() + DEADLINE_MS, call);
  const lastSeen = new Map<string, { readonly moments: ReadonlySet<string>; readonly atMs: number }>();

  /** By a question that names the attribute: the server refuses one that it does not know. */
  async function isKnown(name: string): Promise<boolean> {
    try {
      await connection.workflowService.countWorkflowExecutions({ namespace, query: `${name} = 'none'` });
      return true;
    } catch (error) {
      if (codeOf(error) === INVALID_ARGUMENT) return false;
      throw error;
    }
  }

  async function missing(): Promise<string[]> {
    let known: Readonly<Record<string, number>>;
    try {
      const answer = await connection.operatorService.listSearchAttributes({ namespace });
      known = answer.customAttributes ?? {};
    } catch (error) {
      if (!NOT_FOR_US.has(codeOf(error) ?? -1)) throw error;
      const found = await Promise.all(NAMES.map(async (name) => ((await isKnown(name)) ? [] : [name])));
      return found.flat();
    }
    return NAMES.flatMap((name) => {
      const type = known[name];
      if (type === undefined) return [name];
      return type === KEYWORD ? [] : [`${name} (${TYPES[type] ?? 'another type'})`];
    });
  }

  return {
    async hasNamespace() {
      try {
        await inTime(() => connection.workflowService.describeNamespace({ namespace }));
        return true;
      } catch (error) {
        if (codeOf(error) === NOT_FOUND) return false;
        if (NOT_FOR_US.has(codeOf(error) ?? -1)) return true;
        throw error;
      }
    },
    missingSearchAttributes: () => inTime(missing),
    async addSearchAttributes() {
      const lacking = (await inTime(missing)).filter((name) => NAMES.includes(name));
      if (lacking.length === 0) return;
      const wanted = Object.fromEntries(lacking.map((name) => [name, KEYWORD]));
      await inTime(() =>
        connection.operatorService.addSearchAttributes({ namespace, searchAttributes: wanted }),
      );
    },
    async isPolled(taskQueue) {
      const { pollers } = await inTime(() =>
        connection.workflowService.describeTaskQueue({
          namespace,
          taskQueue: { name: taskQueue },
          taskQueueType: WORKFLOW_QUEUE,
        }),
      );
      const seen = (pollers ?? []).map((poller) => momentOf(poller.lastAccessTime));
      const known = lastSeen.get(taskQueue);
      const asked = known === undefined || seen.some((moment) => !known.moments.has(moment));
      if (asked) lastSeen.set(taskQueue, { moments: new Set(seen), atMs: monotonicMs() });
      const sinceMs = monotonicMs() - (lastSeen.get(taskQueue)?.atMs ?? 0);
      return seen.length > 0 && sinceMs <= LONGEST_SILENCE_MS;
    },
    async scheduleState(scheduleId) {
      try {
        const { state } = await inTime(() => client.schedule.getHandle(scheduleId).describe());
        if (!state.paused) return { state: 'running' };
        return { state: 'paused', ...(state.note !== undefined && { note: state.note }) };
      } catch (error) {
        if (error instanceof ScheduleNotFoundError) return { state: 'missing' };
        throw error;
      }
    },
  };
}

/** When a worker has asked last, as text that is the same for the same moment. */
function momentOf(time: { seconds?: unknown; nanos?: number | null } | null | undefined): string {
  return `${Number(time?.seconds ?? 0)}.${time?.nanos ?? 0}`;
}

function codeOf(error: unknown): number | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : undefined;
}
