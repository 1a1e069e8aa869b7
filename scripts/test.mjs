#!/usr/bin/env node
/**
 * `npm test`: installs what is missing, starts the servers that tests need, then runs the checks and the tests, each with its
 * time. Goes on after a failure, so that one run shows all of them, and ends with one line: `N passed, N failed`.
 *
 *   npm test                         everything
 *   npm test -- unit                 one stage (or several: format lint types layers unused unit integration workflow e2e contract)
 *   npm test -- integration intake   one stage, files whose path matches
 *   npm test -- signature -t 'v3'    files by path in all suites, tests by name
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { assertNodeVersion, install, isInstalled } from './lib/install.mjs';
import { inHome, ROOT } from './lib/paths.mjs';
import { createProgress } from './lib/progress.mjs';
import { countTests, selectStages, testPathPatterns } from './lib/stages.mjs';
import { startTestServices } from './lib/testServices.mjs';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    watch: { type: 'boolean', default: false },
    coverage: { type: 'boolean', default: false },
    testNamePattern: { type: 'string', short: 't' },
    updateSnapshot: { type: 'boolean', short: 'u', default: false },
  },
});
const selection = selectStages(positionals);
const progress = createProgress();
const seconds = (from) => `${((performance.now() - from) / 1000).toFixed(1)} s`;
const results = [];
const scratch = inHome('test', String(process.pid));
let services;

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => void finish().finally(() => process.exit(130)));
}

try {
  assertNodeVersion();
  if (!isInstalled())
    await progress.step('Installing packages (npm ci; about a minute the first time)', install);
  mkdirSync(scratch, { recursive: true });
  const checks = inPairs(selection.checks, runCheck);
  const needs = new Set(selection.suites.flatMap((suite) => suite.needs));
  services = await startTestServices({ needs, dir: scratch, progress });
  await checks;
  for (const suite of selection.suites) await runSuite(suite);
} catch (error) {
  progress.say(`${error.message}${error.advice ? `\n${error.advice}` : ''}`);
  results.push({ title: 'preparation', passed: 0, failed: 1, took: '' });
}
await finish();
summarize();

async function finish() {
  await services?.stop();
  rmSync(scratch, { recursive: true, force: true });
}

function summarize() {
  const total = (key) => results.reduce((sum, result) => sum + result[key], 0);
  const width = Math.max(...results.map(({ title }) => title.length));
  progress.say();
  for (const { title, passed, failed, took } of results) {
    const mark = failed > 0 ? progress.paint(31, '✗') : progress.paint(32, '✓');
    progress.say(
      `${mark} ${title.padEnd(width)}  ${failed > 0 ? `${failed} failed` : passed > 0 ? 'passed' : 'none'}  ${took}`,
    );
  }
  progress.say();
  progress.say(`${total('passed')} passed, ${total('failed')} failed`);
  process.exitCode = total('failed') > 0 ? 1 : 0;
}

async function runCheck({ title, bin, args }) {
  const from = performance.now();
  const { code, output } = await run([path.join(ROOT, 'node_modules', bin), ...args], { quiet: true });
  const took = seconds(from);
  results.push({ title, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, took });
  progress.say(`  ${code === 0 ? progress.paint(32, '✓') : progress.paint(31, '✗')} ${title} (${took})`);
  if (code !== 0) progress.say(output.trimEnd());
}

async function runSuite({ name, title = name, needs, workers, testTimeoutMs, limitMs }) {
  const from = performance.now();
  const missing = needs.filter((need) => services.missing.has(need));
  if (missing.length > 0) {
    progress.say(`\n${title}: not run, for there is no ${missing.join(', no ')}.`);
    results.push({ title, passed: 0, failed: 1, took: '' });
    return;
  }
  progress.say(`\n${progress.paint(1, title)}`);
  const report = path.join(scratch, `${name}.json`);
  const { code } = await run(
    [
      path.join(ROOT, 'node_modules/jest/bin/jest.js'),
      ...['--testPathPatterns', ...testPathPatterns(name, selection.patterns)],
      ...['--passWithNoTests', '--maxWorkers', String(workers), '--testTimeout', String(testTimeoutMs)],
      ...['--json', '--outputFile', report],
      ...(flags.testNamePattern === undefined ? [] : ['--testNamePattern', flags.testNamePattern]),
      ...(flags.updateSnapshot ? ['--updateSnapshot'] : []),
      ...(flags.coverage ? ['--coverage', '--coverageDirectory', path.join('coverage', name)] : []),
      ...(flags.watch ? ['--watch'] : []),
    ],
    { env: services.env, limitMs: flags.watch ? undefined : limitMs },
  );
  const counts = countTests(existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined, code);
  results.push({ title, ...counts, took: seconds(from) });
}

/** Runs one of our tools to its end. Quiet: its output is returned, for a passing check has nothing to say. */
function run(args, { env = {}, quiet = false, limitMs } = {}) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      // jest's JSON goes to a file; what it says to people goes to stderr.
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['inherit', 'ignore', 'inherit'],
      env: {
        ...process.env,
        NODE_ENV: 'test',
        NODE_OPTIONS: quiet ? '' : '--experimental-vm-modules --disable-warning=ExperimentalWarning',
        ...env,
      },
    });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    const timer =
      limitMs &&
      setTimeout(() => {
        progress.say(`This has taken ${limitMs / 60_000} minutes, which is too long; it is ended.`);
        child.kill('SIGKILL');
      }, limitMs);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 1, output });
    });
  });
}

/** Two at a time: the checks are single-threaded, and there are at least two cores. */
async function inPairs(items, work) {
  const queue = [...items];
  const hand = async () => {
    for (let item = queue.shift(); item; item = queue.shift()) await work(item);
  };
  await Promise.all([hand(), hand()]);
}
