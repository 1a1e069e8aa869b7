import { existsSync, readFileSync } from 'node:fs';
import type { WorkflowBundle } from '@temporalio/worker';
import { bundleWorkflows } from './bundle.js';

/** Where `npm run build` leaves the workflows, bundled. */
export const BUILT_BUNDLE = new URL('workflows.bundle.js', import.meta.url);

/**
 * The workflows as a worker loads them: what the build has bundled, or, from the sources, a bundle that is made now,
 * which takes seconds. What users define is in no bundle, so one that was built fits every installation.
 */
export async function workflowBundle(workflowsPath: string): Promise<WorkflowBundle> {
  if (existsSync(BUILT_BUNDLE)) return { code: readFileSync(BUILT_BUNDLE, 'utf8') };
  return bundleWorkflows(workflowsPath);
}
