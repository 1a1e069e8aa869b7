#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { readCommandLine } from './lib/commandLine.mjs';
import { callJson } from './lib/http.mjs';
import { assertNodeVersion, install, isInstalled } from './lib/install.mjs';
import { installLink, linkForNewPortal } from './lib/installApp.mjs';
import { JOB, reconnectPortals, runMainJob } from './lib/mainJob.mjs';
import { MIRROR, runMirrorJob } from './lib/mirrorJob.mjs';
import { parentEnded } from './lib/parent.mjs';
import { runOwnJob } from './lib/ownJob.mjs';
import { HOME, PACKED, PROJECT } from './lib/paths.mjs';
import { createProgress } from './lib/progress.mjs';
import { createStack } from './lib/stack.mjs';
import { loadState, saveState } from './lib/state.mjs';
import { Trouble } from './lib/trouble.mjs';
import {
  mirrorVerdictLine,
  renderTable,
  summarizeJob,
  summarizeMirror,
  verdictLine,
} from './lib/verdict.mjs';

const FIRST_PORTAL = 41_000_000;
const FIRST_PORTAL_TO_CONNECT = 42_000_000;
const { values: flags } = readCommandLine({
  usage: `npm start -- [--once]

Starts everything on this machine, from nothing but Node. Stays up until Ctrl-C.

  without a .env   the demo: a HubSpot that is a sandbox, and the main job shown on it
  with a .env      the product, for HubSpot itself: Postgres and Temporal are started here and keep their data in
                   .sluice/own, unless DATABASE_URL and TEMPORAL_ADDRESS name servers of yours.
                   npm run setup writes a .env

  --once           end after the job, or when all are ready; the exit code is 0 when the promise was kept
  --restore FILE   with a .env: puts what \`npx sluice backup\` wrote into its database, before API and worker start.
                   --replace: what the database holds is lost`,
  options: {
    once: { type: 'boolean', default: false },
    restore: { type: 'string' },
    replace: { type: 'boolean', default: false },
  },
});
const own = existsSync(path.join(PROJECT, '.env'));
const progress = createProgress();
const from = performance.now();
let stack;
let ending;

// The first of these ends the run: a signal, the end of npm, a crash of a process, or the end of the job with --once.
const interrupted = new Promise((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => (ending ? process.exit(1) : resolve({ code: signal === 'SIGTERM' ? 0 : 130 })));
  }
});
// npm was killed, or the terminal with it: nobody could end this run any more.
const orphaned =
  process.env.npm_lifecycle_event === 'start'
    ? parentEnded().then(() => ({ code: 1 }))
    : new Promise(() => {});
let reportCrash;
const crashed = new Promise((_resolve, reject) => (reportCrash = reject));
crashed.catch(() => {}); // a crash before the race below is reported by the step that waits for readiness

try {
  const { code } = await Promise.race([interrupted, orphaned, crashed, main()]);
  await end(code);
} catch (error) {
  explain(error);
  await end(1);
}

async function main() {
  assertNodeVersion();
  progress.say('Sluice: HubSpot workflow actions, throttled, none lost\n');
  if (!PACKED && !isInstalled())
    await progress.step('Installing packages (npm ci; about a minute the first time)', install, undefined, {
      slow: true,
    });
  const dir = own ? path.join(HOME, 'own') : HOME;
  const env = own ? ownEnvironment() : process.env;
  stack = await createStack({ dir, home: HOME, own, env, progress, onCrash: reportCrash });
  if (flags.restore !== undefined && !own)
    throw new Trouble('--restore is for the product: npm run setup writes a .env for it.');
  await stack.start({ restore: flags.restore, replace: flags.replace });
  if (own) {
    await sayHowToUseIt();
    return flags.once ? { code: 0 } : new Promise(() => {});
  }
  const kept = stack.urls.sandbox ? await (PACKED ? doOwnJob() : doMainJob()) : sayThereIsNoSandbox();
  if (flags.once) return { code: kept ? 0 : 1 };
  await sayWhatToDoNow();
  return new Promise(() => {});
}

/** What stands in `.env`; the environment wins. What is set to nothing is not set. */
function ownEnvironment() {
  const written = Object.entries(parseEnv(readFileSync(path.join(PROJECT, '.env'), 'utf8')));
  return { ...Object.fromEntries(written.filter(([, value]) => value !== '')), ...process.env };
}

async function sayHowToUseIt() {
  const { urls, apiKey } = stack;
  const { items } = await callJson('GET', `${urls.api}/api/portals?limit=1`, { apiKey });
  const lines = [
    ['Action URL', `${urls.public}/api/hubspot/action   (in the action's definition at HubSpot)`],
    ['API', `${urls.api}   (npx sluice has its key; it stands in .sluice/state.json)`],
    ['Temporal UI', urls.temporalUi && workflowsPage(urls.temporalUi)],
    ['Health', `${urls.api}/readyz   ${urls.worker}/readyz`],
    ['Metrics', `${urls.apiMetrics}/metrics   ${urls.worker}/metrics`],
    ['Data, logs', path.relative(process.cwd(), path.join(HOME, 'own'))],
  ];
  progress.say();
  for (const [name, value] of lines) if (value) progress.say(`  ${name.padEnd(12)} ${value}`);
  if (items.length === 0) {
    const link = await installLink({ apiUrl: urls.api, apiKey, validForMinutes: 60 });
    progress.say(
      `\n  No portal is connected yet. Install the app, in a browser, within an hour:\n    ${link}`,
    );
    progress.say(
      '  Another link, also for the outbox (HUBSPOT_ENABLED=true): npx sluice portals connect --events',
    );
  }
  progress.say('\n  In another terminal:');
  progress.say('    npx sluice lanes list');
  progress.say(
    '    npx sluice backup FILE        all data. To put it back: Ctrl-C, then npm start -- --restore FILE --replace',
  );
  progress.say('\n  It stays up. Ctrl-C stops it; the next start goes on.');
}

/** What a project defines itself, seen to work. */
async function doOwnJob() {
  const { urls, apiKey, state } = stack;
  const run = (state.runs ?? 0) + 1;
  saveState(HOME, { ...loadState(HOME), runs: run });
  const where = { sandboxUrl: urls.sandbox, apiUrl: urls.api, apiKey };
  await reconnectPortals(where);
  progress.say();
  const problems = await runOwnJob({ ...where, portalId: FIRST_PORTAL + run, progress });
  for (const problem of problems) progress.say(`  ${progress.paint(31, '✗')} ${problem}`);
  return problems.length === 0;
}

async function doMainJob() {
  const { urls, apiKey, state } = stack;
  const run = (state.runs ?? 0) + 1;
  // A portal and a workflow of its own for each run: their numbers mean nothing that was there before.
  const portalId = FIRST_PORTAL + run;
  const workflowId = Math.floor(Date.now() / 1000);
  saveState(HOME, { ...loadState(HOME), runs: run });
  const where = { sandboxUrl: urls.sandbox, apiUrl: urls.api, apiKey };
  const left = await reconnectPortals(where);
  if (left.length > 0)
    progress.say(`  Executions of an earlier run still wait; portal ${left.join(', ')} is connected again.`);
  progress.say();
  const report = await runMainJob({ ...where, publicUrl: urls.public, portalId, workflowId, progress });
  const { rows, problems } = summarizeJob(report, JOB);
  sayResult(rows, problems, verdictLine(problems, JOB));
  progress.say();
  const found = await runMirrorJob({ ...where, portalId, progress });
  const mirror = summarizeMirror(found, MIRROR);
  sayResult(mirror.rows, mirror.problems, mirrorVerdictLine(mirror.problems, MIRROR));
  stack.job = { portalId, workflowId };
  return problems.length + mirror.problems.length === 0;
}

function sayResult(rows, problems, verdict) {
  progress.say();
  for (const line of renderTable(rows)) progress.say(line);
  const mark = problems.length > 0 ? progress.paint(31, '✗') : progress.paint(32, '✓');
  progress.say(`  ${mark} ${verdict}`);
  progress.say(`    ${((performance.now() - from) / 1000).toFixed(0)} s from the start to this table.`);
}

/** All workflows but the reconciler's, which runs every five seconds. */
function workflowsPage(ui) {
  return `${ui}/namespaces/default/workflows?query=${encodeURIComponent('WorkflowType != "relay" AND WorkflowType != "syncDispatch" AND WorkflowType != "syncPass"')}`;
}

function sayThereIsNoSandbox() {
  progress.say(
    "\n  HUBSPOT_API_BASE_URL is no sandbox, so nothing is enrolled: Sluice waits for HubSpot's own calls.",
  );
  return !flags.once;
}

async function sayWhatToDoNow() {
  const { urls, apiKey, job } = stack;
  const portalId = FIRST_PORTAL_TO_CONNECT + (stack.state.runs ?? 0) + 1;
  const link =
    urls.sandbox &&
    (await linkForNewPortal({ sandboxUrl: urls.sandbox, apiUrl: urls.api, apiKey, portalId }));
  const lines = [
    ['API', `${urls.api}   (key: ${apiKey})`],
    ['Temporal UI', urls.temporalUi && workflowsPage(urls.temporalUi)],
    ['Sandbox', urls.sandbox && `${urls.sandbox}/`],
    ['Health', `${urls.api}/readyz   ${urls.worker}/readyz`],
    ['Metrics', `${urls.apiMetrics}/metrics   ${urls.worker}/metrics`],
    ['Logs', path.relative(process.cwd(), path.join(HOME, 'logs'))],
  ];
  progress.say();
  for (const [name, value] of lines) if (value) progress.say(`  ${name.padEnd(12)} ${value}`);
  progress.say('\n  Try, in another terminal:');
  progress.say('    npx sluice lanes list');
  progress.say('    npx sluice executions list --state waiting');
  progress.say('    npx sluice sync list');
  if (!PACKED) progress.say('    npm run smoke');
  if (job) {
    const enrol = `${urls.sandbox}/_sandbox/portals/${job.portalId}/workflows/${job.workflowId}/enrol`;
    progress.say(`    curl -sX POST ${enrol} -H 'content-type: application/json' -d '{"count":100}'`);
  }
  if (link)
    progress.say(
      `\n  Connect another portal, in a browser, as a customer does; on HubSpot's page choose ${portalId}:\n    ${link}`,
    );
  progress.say(
    '\n  It stays up. Ctrl-C stops it. The next start finds its data again, but the sandbox forgets its portals.',
  );
}

function explain(error) {
  progress.say();
  if (!(error instanceof Trouble)) {
    progress.say(error.stack ?? String(error));
    return;
  }
  progress.say(progress.paint(31, error.message));
  if (error.advice) progress.say(error.advice);
  if (error.log) progress.say(`The whole log: ${path.relative(PROJECT, error.log)}`);
}

async function end(code) {
  ending = true;
  if (stack) {
    const stopFrom = performance.now();
    progress.live('  … stopping');
    const stubborn = await stack.stop();
    for (const name of stubborn) progress.say(`  ${name} did not stop in time and was ended.`);
    progress.say(`  Stopped (${((performance.now() - stopFrom) / 1000).toFixed(1)} s).`);
  }
  process.exit(code);
}
