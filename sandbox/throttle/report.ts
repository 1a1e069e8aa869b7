import type { LaneTally } from './laneTally.js';
import type { Workflows } from './workflows.js';
import type { Portal } from '../portals/portal.js';
import { countPerWindow, maxInAnyWindow } from '../platform/times.js';

const TEN_SECONDS_MS = 10_000;
const ONE_SECOND_MS = 1_000;

export interface ReportQuery {
  windowMs: number;
  portalId?: number | undefined;
  workflowId?: number | undefined;
}

/** The data that a report is made from. */
export interface ReportSources {
  portals: readonly Portal[];
  workflows: Workflows;
  /** Completions of callbacks that never existed, by portal. */
  unknownCallbacks: ReadonlyMap<number, number>;
}

export type Report = ReturnType<typeof createReport>;
type LaneReport = ReturnType<typeof reportLane>;

/**
 * Measures what happened so far. An execution that is acknowledged and still open counts as never completed, so the
 * totals are meant for the end of a run; during a run `neverCompleted` is the number of those that wait.
 */
export function createReport({ portals, workflows, unknownCallbacks }: ReportSources, query: ReportQuery) {
  const chosen = portals.filter(
    (portal) => query.portalId === undefined || portal.portalId === query.portalId,
  );
  const lanes = chosen.flatMap((portal) =>
    [...workflows.of(portal).lanes.values()]
      .filter((lane) => query.workflowId === undefined || feeds(lane, query.workflowId))
      .map((lane) => reportLane(lane, query.windowMs)),
  );
  const unknown = chosen.reduce((sum, portal) => sum + (unknownCallbacks.get(portal.portalId) ?? 0), 0);
  const sum = (pick: (lane: LaneReport) => number) => lanes.reduce((total, lane) => total + pick(lane), 0);
  return {
    windowMs: query.windowMs,
    portals: chosen.map(reportPortal),
    lanes,
    totals: {
      acknowledged: sum((lane) => lane.acknowledged),
      answeredAtOnce: sum((lane) => lane.answeredAtOnce),
      completed: sum((lane) => lane.completed),
      lost: sum((lane) => lane.neverCompleted + lane.expired),
      completedTwice: sum((lane) => lane.completedTwice),
      contradicted: sum((lane) => lane.contradicted),
      neverCompleted: sum((lane) => lane.neverCompleted),
      expired: sum((lane) => lane.expired),
      failed: sum((lane) => lane.failed),
      ignoredCallbacks: sum((lane) => lane.ignoredCallbacks) + (query.workflowId === undefined ? unknown : 0),
      duplicateCallbacks: sum((lane) => lane.duplicateCallbacks),
    },
  };
}

function reportPortal(portal: Portal) {
  return {
    portalId: portal.portalId,
    calls: [...portal.callsByStatus.values()].reduce((total, count) => total + count, 0),
    callsByStatus: Object.fromEntries(portal.callsByStatus),
    rejected429: portal.rejected429,
    rejectedByPolicy: Object.fromEntries(portal.rejectedByPolicy),
    foreignCalls: portal.foreignCalls,
    foreign429: portal.foreign429,
    maxCallsIn10s: maxInAnyWindow(portal.calls.sorted(), TEN_SECONDS_MS),
    maxSearchCallsIn1s: maxInAnyWindow(portal.searchCalls.sorted(), ONE_SECOND_MS),
    maxAssociationCallsIn10s: maxInAnyWindow(portal.associationCalls.sorted(), TEN_SECONDS_MS),
    maxCallbackCallsIn10s: maxInAnyWindow(portal.callbackCalls.sorted(), TEN_SECONDS_MS),
  };
}

function reportLane(lane: LaneTally, windowMs: number) {
  const successes = lane.successes.sorted();
  const steps = [...lane.steps].map((step) => step.split('/').map(Number));
  // A queue that several steps feed is reported under none of them.
  const [workflowId, actionId] = steps.length === 1 ? (steps[0] ?? []) : [];
  return {
    portalId: lane.portalId,
    workflowId: workflowId ?? null,
    actionId: actionId ?? null,
    queue: lane.queue,
    steps: steps.map(([workflow, action]) => ({ workflowId: workflow ?? 0, actionId: action ?? 0 })),
    actionCalls: lane.actionCalls,
    acknowledged: lane.acknowledged,
    answeredAtOnce: lane.answeredAtOnce,
    completed: lane.completed,
    completedByOthers: lane.completedByOthers,
    byOutcome: Object.fromEntries(lane.byOutcome),
    bySluiceStatus: Object.fromEntries(lane.bySluiceStatus),
    maxInWindow: maxInAnyWindow(successes, windowMs),
    completedTwice: lane.completedTwice,
    contradicted: lane.contradicted,
    duplicateCallbacks: lane.duplicateCallbacks,
    ignoredCallbacks: lane.ignoredCallbacks,
    neverCompleted: lane.acknowledged - lane.completed - lane.completedByOthers - lane.expired,
    expired: lane.expired,
    failed: lane.failed,
    firstAckMs: lane.firstAckMs,
    lastAckMs: lane.lastAckMs,
    firstCompletionMs: lane.firstCompletionMs,
    lastCompletionMs: lane.lastCompletionMs,
    longestWaitMs: lane.longestWaitMs,
    perWindow: countPerWindow(successes, windowMs),
  };
}

function feeds(lane: LaneTally, workflowId: number): boolean {
  return [...lane.steps].some((step) => step.startsWith(`${workflowId}/`));
}
