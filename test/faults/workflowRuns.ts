import type { Stack } from '../support/stack.js';

export interface WorkflowRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly status: string;
  /** Events in its history; known of runs that have ended. */
  readonly events: number;
}

/** Temporal's runs that a query finds; each part of a chain (continue-as-new) is a run. */
export async function workflowRuns(stack: Stack, query: string): Promise<WorkflowRun[]> {
  const runs: WorkflowRun[] = [];
  for await (const { workflowId, runId, status, historyLength } of stack.temporal.workflow.list({ query }))
    runs.push({ workflowId, runId, status: status.name, events: historyLength });
  return runs;
}
