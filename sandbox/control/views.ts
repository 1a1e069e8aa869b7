import type { z } from 'zod';
import { maxInAnyWindow } from '../platform/times.js';
import type { Portal } from '../portals/portal.js';
import { ruleMessage } from '../actions/executionRules.js';
import { askedRate } from '../throttle/askedRate.js';
import {
  ENROLMENT_STATES,
  type Batch,
  type Enrolment,
  type Execution,
  type Step,
  type Workflow,
} from '../throttle/entities.js';
import { createReport, type ReportSources } from '../throttle/report.js';
import type { World } from '../world.js';
import { ControlError } from './controlError.js';
import type { enrolmentsQuery } from './plans.js';

const FIRST_ITEMS = 100;
const LATEST_REQUESTS = 12;

export function showPortal(world: World, portal: Portal) {
  const { actions, workflows } = world.workflows.of(portal);
  return {
    portalId: portal.portalId,
    name: portal.name,
    timeZone: portal.timeZone,
    installed: world.oauth.installs.of(portal).length > 0,
    actions: [...actions.values()].map(({ actionDefinitionId, actionUrl, signature }) => ({
      actionDefinitionId,
      actionUrl,
      signature,
    })),
    workflows: [...workflows.values()].map(showWorkflow),
  };
}

export function showWorkflow(workflow: Workflow) {
  return {
    workflowId: workflow.workflowId,
    name: workflow.name,
    steps: workflow.steps.map((step) => ({
      actionId: step.actionId,
      actionDefinitionId: step.action.actionDefinitionId,
      inputFields: step.inputFields,
      window: windowOf(step),
    })),
    byState: sumStates(workflow.batches),
  };
}

/** The most that were let go in any window of the length that the step asks for, and how many it asks for. */
function windowOf({ inputFields, lane }: Step) {
  const rate = askedRate(inputFields);
  return rate && { ...rate, most: maxInAnyWindow(lane.successes.sorted(), rate.intervalMs) };
}

export function sumStates(batches: readonly Batch[]) {
  const counts = ENROLMENT_STATES.map(
    (state) => [state, batches.reduce((sum, batch) => sum + batch.byState[state], 0)] as const,
  );
  return Object.fromEntries(counts);
}

export function listEnrolments(world: World, wanted: z.infer<typeof enrolmentsQuery>) {
  if (wanted.batchId !== undefined && !world.enroller.batches.has(wanted.batchId)) {
    throw new ControlError(404, `There is no batch ${wanted.batchId}`, {
      batches: [...world.enroller.batches.keys()],
    });
  }
  const batches = [...world.enroller.batches.values()].filter(
    (batch) =>
      (wanted.batchId === undefined || batch.batchId === wanted.batchId) &&
      (wanted.workflowId === undefined || batch.workflow.workflowId === wanted.workflowId) &&
      (wanted.portalId === undefined || batch.workflow.portal.portalId === wanted.portalId),
  );
  const chosen = new Set(batches);
  const items: ReturnType<typeof showEnrolment>[] = [];
  for (const enrolment of world.enrolments.all) {
    if (items.length >= FIRST_ITEMS) break;
    if (chosen.has(enrolment.batch)) items.push(showEnrolment(enrolment));
  }
  return {
    total: batches.reduce((sum, batch) => sum + batch.plan.count, 0),
    byState: sumStates(batches),
    items,
  };
}

export function showEnrolment(enrolment: Enrolment) {
  const { enrollmentId, objectId, state, workflow, batch, current } = enrolment;
  return {
    enrollmentId,
    portalId: workflow.portal.portalId,
    workflowId: workflow.workflowId,
    batchId: batch.batchId,
    objectId,
    state,
    current: current && showExecution(current),
  };
}

export function showExecution(execution: Execution) {
  const { callbackId, step, stepIndex, state, attempts, firstCallMs, blockedMs, dueMs } = execution;
  return {
    callbackId,
    step: stepIndex + 1,
    actionId: step.actionId,
    state,
    attempts,
    firstCallMs,
    blockedMs: blockedMs || null,
    dueMs: state === 'waiting' || state === 'retrying' ? dueMs : null,
    completedMs: execution.completion?.atMs ?? null,
    repeatedMs: execution.repeatedMs,
    outcome: execution.outcome,
    outputs: execution.outputs,
    message: ruleMessage(step.action.defined?.definition, execution.outputs ?? {}),
  };
}

export function showFaults(world: World) {
  return world.faults.list().map(({ id, hits, plan }) => ({ id, hits, ...plan }));
}

export function reportSources({ portals, workflows, unknownCallbacks }: World): ReportSources {
  return { portals: portals.all(), workflows, unknownCallbacks };
}

/** All data of the page. */
export function showOverview(world: World, windowMs: number) {
  const nowMs = world.clock.now();
  const portals = world.portals.all();
  return {
    nowMs,
    appId: world.app.appId,
    portals: portals.map((portal) => ({
      ...showPortal(world, portal),
      limit: { max: portal.limiter.limit, remaining: portal.limiter.remaining(nowMs) },
      installs: world.oauth.installs.of(portal).map((install) => ({
        kind: install.kind,
        scopes: [...install.scopes],
        installedAt: new Date(install.installedAtEpochMs).toISOString(),
        ...world.oauth.installs.summary(install),
      })),
      records: world.crmOf(portal).counts(),
    })),
    report: createReport(reportSources(world), { windowMs }),
    requests: world.recorder.latest(LATEST_REQUESTS),
    faults: showFaults(world),
  };
}
