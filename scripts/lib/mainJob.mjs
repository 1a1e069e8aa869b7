import { setTimeout as delay } from 'node:timers/promises';
import { callJson } from './http.mjs';
import { installApp } from './installApp.mjs';
import { Trouble } from './trouble.mjs';

export const JOB = { count: 300, limit: 50, windowMs: 5000 };

const POLL_MS = 250;
const LINE_EVERY_MS = 2000;
const SLACK_MS = 30_000;
const BAR = 10;

/**
 * Does the main job by HTTP alone, as HubSpot and a person would: installs the app in a portal, builds a workflow
 * with a throttled step, enrols contacts and watches. Ends when every execution is completed, or well after the time
 * for that.
 *
 * @param {{
 *   sandboxUrl: string, apiUrl: string, publicUrl: string, apiKey: string, portalId: number, workflowId: number,
 *   progress: ReturnType<import('./progress.mjs').createProgress>, job?: typeof JOB,
 * }} options
 */
export async function runMainJob({
  sandboxUrl,
  apiUrl,
  publicUrl,
  apiKey,
  portalId,
  workflowId,
  progress,
  job = JOB,
}) {
  const sandbox = (method, path, body) => callJson(method, `${sandboxUrl}/_sandbox${path}`, { body });
  const seconds = job.windowMs / 1000;

  await progress.step(`The app is installed in sandbox portal ${portalId}`, async () => {
    await connectPortal({ sandbox, apiUrl, apiKey, portalId });
  });
  await progress.step(
    `Workflow ${workflowId}: one step, throttled to ${job.limit} per ${seconds} s`,
    async () => {
      const { actionDefinitionId } = await sandbox('POST', `/portals/${portalId}/actions`, {
        actionUrl: `${publicUrl}/api/hubspot/action`,
      });
      const inputFields = { max_throughput: String(job.limit), time: String(seconds), period: 'seconds' };
      await sandbox('POST', `/portals/${portalId}/workflows`, {
        workflowId,
        name: 'Throttled onboarding',
        steps: [{ actionDefinitionId, inputFields }],
      });
    },
  );
  await sandbox('POST', `/portals/${portalId}/workflows/${workflowId}/enrol`, { count: job.count });
  progress.say(`  ${job.count} contacts enrolled`);
  return watch({ sandbox, portalId, workflowId, progress, job });
}

/**
 * Connects the portals of an interrupted run again. Its executions still have to be completed, and the sandbox of
 * this run does not know their portals; HubSpot would.
 */
export async function reconnectPortals({ sandboxUrl, apiUrl, apiKey }) {
  const sandbox = (method, path, body) => callJson(method, `${sandboxUrl}/_sandbox${path}`, { body });
  const { items: known } = await sandbox('GET', '/portals');
  const there = new Set(known.map(({ portalId }) => portalId));
  const waiting = await callJson('GET', `${apiUrl}/api/executions?state=waiting&limit=100`, { apiKey });
  const portals = [...new Set(waiting.items.map(({ portalId }) => Number(portalId)))];
  const lost = portals.filter((portalId) => !there.has(portalId));
  for (const portalId of lost) await connectPortal({ sandbox, apiUrl, apiKey, portalId });
  return lost;
}

/** A portal of the sandbox, in which the app is installed. */
export async function connectPortal({ sandbox, apiUrl, apiKey, portalId, features }) {
  await sandbox('POST', '/portals', { portalId, name: `Sandbox portal ${portalId}` });
  await installApp({ sandbox, apiUrl, apiKey, portalId, features });
}

async function watch({ sandbox, portalId, workflowId, progress, job }) {
  const from = performance.now();
  const expectedMs = Math.ceil(job.count / job.limit) * job.windowMs;
  const query = `windowMs=${job.windowMs}&portalId=${portalId}&workflowId=${workflowId}`;
  let saidAt = from;
  for (;;) {
    const report = await sandbox('GET', `/report?${query}`);
    const lane = report.lanes[0];
    const line = progressLine(lane, job, performance.now() - from);
    progress.live(line);
    if (!progress.tty && performance.now() - saidAt >= LINE_EVERY_MS) {
      progress.say(line);
      saidAt = performance.now();
    }
    if (lane && lane.completed + lane.expired + lane.failed + lane.answeredAtOnce >= job.count) {
      progress.say(line);
      return report;
    }
    if (performance.now() - from > expectedMs + SLACK_MS) {
      if (lane) return report; // the table shows what is missing
      throw new Trouble(
        `No action call reached Sluice within ${Math.round((expectedMs + SLACK_MS) / 1000)} s.`,
      );
    }
    await delay(POLL_MS);
  }
}

/** One line of at most 80 columns: a line that wraps cannot be overwritten. */
export function progressLine(lane, job, elapsedMs) {
  const completed = lane?.completed ?? 0;
  const filled = Math.round((completed / job.count) * BAR);
  return [
    `  ${'█'.repeat(filled)}${'░'.repeat(BAR - filled)} ${String(completed).padStart(3)} of ${job.count} released`,
    `${lane?.acknowledged ?? 0} acknowledged`,
    `at most ${lane?.maxInWindow ?? 0} in ${job.windowMs / 1000} s`,
    `${Math.floor(elapsedMs / 1000)} s`,
  ].join(' · ');
}
