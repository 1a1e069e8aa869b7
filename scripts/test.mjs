#!/usr/bin/env node
/**
 * `npm test`: installs the packages that are missing, starts the servers that the tests need, then runs the checks
 * and the tests, each with its time. It goes on after a failure, so that one run shows all failures, and ends with
 * one line: `N passed, N failed, N skipped`.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { readCommandLine } from './lib/commandLine.mjs';
import { assertNodeVersion, install, isInstalled } from './lib/install.mjs';
import { NEWEST_NODE, NODE_VERSIONS, pinnedNode, provideNode } from './lib/nodeVersions.mjs';
import { inHome, ROOT } from './lib/paths.mjs';
import { createProgress } from './lib/progress.mjs';
import { countTests, summarize } from './lib/results.mjs';
import { CHECKS, onNewestNode, PROOFS, selectStages, SUITES, testPathPatterns } from './lib/stages.mjs';
import { startTestServices } from './lib/testServices.mjs';
import { thirdOfCommit } from './lib/third.mjs';
import { Trouble } from './lib/trouble.mjs';

const names = (stages) => stages.map(({ name }) => name).join(' ');
const MAJORS = Object.keys(NODE_VERSIONS).join(', ');
const SHARED = names(onNewestNode(SUITES)).replace(' ', ' and ');
const USAGE = `npm test -- [STAGE or part of a path …] [options]

  npm test                         everything
  npm test -- unit                 one stage, or several
  npm test -- integration intake   one stage, files whose path has this in it
  npm test -- signature -t 'v3'    files by path in all suites, tests by name

checks: ${names(CHECKS)}
suites: ${names(SUITES)}
proofs: ${names(PROOFS)}

  -t, --testNamePattern NAME   only tests whose name matches
  -u, --updateSnapshot         write snapshots anew
  --watch                      run again when a file changes
  --coverage                   with coverage, in coverage/
  --node MAJOR                 run the suites on another Node, which comes from npm (${MAJORS})
  --newest                     run a third of ${SHARED} on Node ${NEWEST_NODE} instead of on this one, as CI
                               does; which third goes by the number of commits. What a pattern names runs on both`;

const { values: flags, positionals } = readCommandLine({
  usage: USAGE,
  allowPositionals: true,
  options: {
    watch: { type: 'boolean', default: false },
    coverage: { type: 'boolean', default: false },
    testNamePattern: { type: 'string', short: 't' },
    updateSnapshot: { type: 'boolean', short: 'u', default: false },
    node: { type: 'string' },
    newest: { type: 'boolean', default: false },
  },
});
const progress = createProgress();
const selection = select();
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
    await progress.step('Installing packages (npm ci; about a minute the first time)', install, undefined, {
      slow: true,
    });
  mkdirSync(scratch, { recursive: true });
  const checks = inPairs(selection.checks, runCheck);
  const needs = new Set([...selection.suites, ...selection.proofs].flatMap((stage) => stage.needs));
  services = await startTestServices({ needs, dir: scratch, progress });
  await checks;
  const onNewest = flags.newest ? onNewestNode(selection.suites) : [];
  const third = selection.patterns.length === 0 ? thirdOfCommit() : undefined;
  const others = third === undefined ? undefined : [1, 2, 3].filter((one) => one !== third);
  for (const suite of selection.suites)
    await runSuites([suite], { major: flags.node, thirds: onNewest.includes(suite) ? others : undefined });
  for (const proof of selection.proofs) await runProof(proof);
  if (onNewest.length > 0)
    await runSuites(onNewest, { major: NEWEST_NODE, thirds: third === undefined ? undefined : [third] });
  if (flags.testNamePattern !== undefined && results.every(({ passed, failed }) => passed + failed === 0))
    throw new Trouble(`No test has "${flags.testNamePattern}" in its name.`);
} catch (error) {
  explain(error);
  results.push({ title: 'preparation', passed: 0, failed: 1, skipped: [] });
}
await finish();
const { lines, failed } = summarize(results, progress.paint);
progress.say();
for (const line of lines) progress.say(line);
process.exitCode = failed > 0 ? 1 : 0;

/** The stages that were asked for. A word that names nothing ends the run before it begins. */
function select() {
  try {
    if (flags.node !== undefined) pinnedNode(flags.node);
    return selectStages(positionals);
  } catch (error) {
    explain(error);
    process.exit(1);
  }
}

function explain(error) {
  if (!(error instanceof Trouble)) return progress.say(error.stack ?? String(error));
  progress.say([error.message, error.advice].filter(Boolean).join('\n'));
}

async function finish() {
  await services?.stop();
  rmSync(scratch, { recursive: true, force: true });
}

async function runCheck({ title, bin, args }) {
  const from = performance.now();
  const { code, output } = await run([path.join(ROOT, 'node_modules', bin), ...args], { quiet: true });
  const took = seconds(from);
  results.push({ title, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: [], took });
  progress.say(`  ${code === 0 ? progress.paint(32, '✓') : progress.paint(31, '✗')} ${title} (${took})`);
  if (code !== 0) progress.say(output.trimEnd());
}

/**
 * @param {object} how
 * @param {string} [how.major] the Node that runs the suites instead of this one; they fail where it is not to be had
 * @param {readonly number[]} [how.thirds] of the files of each suite, of 1 to 3; all of them where it is undefined
 */
async function runSuites(suites, { major, thirds = [undefined] }) {
  const on = major === undefined ? '' : ` on Node ${major}`;
  let node;
  if (major !== undefined && suites.length > 0) {
    try {
      node = await progress.step(
        `Node ${major}`,
        () => provideNode(major),
        ({ version, from }) => `${version} from ${from}`,
      );
    } catch (error) {
      explain(error);
      for (const { name, title = name } of suites)
        results.push({ title: `${title}${on}`, passed: 0, failed: 1, skipped: [], took: 'not run' });
      return;
    }
  }
  for (const suite of suites) {
    for (const third of thirds) {
      const part = third === undefined ? '' : `, third ${third} of 3`;
      await runSuite({ ...suite, title: `${suite.title ?? suite.name}${on}${part}` }, { node, third });
    }
  }
}

async function runSuite({ name, title, needs, workers, testTimeoutMs, limitMs }, { node, third }) {
  const from = performance.now();
  if (lacksServers({ title, needs })) return;
  progress.say(`\n${progress.paint(1, title)}`);
  const part = `${node ? `-${node.version}` : ''}${third === undefined ? '' : `-${third}`}`;
  const report = path.join(scratch, `${name}${part}.json`);
  const { code } = await run(
    [
      path.join(ROOT, 'node_modules/jest/bin/jest.js'),
      ...['--testPathPatterns', ...testPathPatterns(name, selection.patterns)],
      ...(third === undefined ? [] : ['--shard', `${third}/3`]),
      ...['--maxWorkers', String(workers), '--testTimeout', String(testTimeoutMs)],
      ...['--json', '--outputFile', report],
      ...(flags.testNamePattern === undefined ? [] : ['--testNamePattern', flags.testNamePattern]),
      ...(flags.updateSnapshot ? ['--updateSnapshot'] : []),
      ...(flags.coverage ? ['--coverage', '--coverageDirectory', path.join('coverage', name)] : []),
      ...(flags.watch ? ['--watch'] : []),
    ],
    { env: services.env, limitMs: flags.watch ? undefined : limitMs, node },
  );
  const read = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
  results.push({ title, ...countTests(read, code, flags.testNamePattern), took: seconds(from) });
}

async function runProof({ name, title, needs, limitMs, args }) {
  const from = performance.now();
  if (lacksServers({ title, needs })) return;
  progress.say(`\n${progress.paint(1, title)}`);
  const report = path.join(scratch, `${name}.json`);
  const { code } = await run([...args, '--json', report], { env: services.env, limitMs, heard: true });
  const counted = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : { passed: 0, failed: 0 };
  const failed = counted.failed === 0 && code !== 0 ? 1 : counted.failed;
  results.push({ title, passed: counted.passed, failed, skipped: [], took: seconds(from) });
}

/** Whether a server that a stage needs is not to be had: then it has failed. */
function lacksServers({ title, needs }) {
  const missing = needs.filter((need) => services.missing.has(need));
  if (missing.length === 0) return false;
  progress.say(`\n${title}: not run, for it lacks ${missing.join(', ')}.`);
  results.push({ title, passed: 0, failed: 1, skipped: [], took: 'not run' });
  return true;
}

/**
 * Runs a tool to its end. `quiet` returns its output instead of showing it: a check that passes has nothing to say.
 * `heard` shows what it writes to its standard output.
 */
function run(args, { env = {}, quiet = false, heard = false, limitMs, node } = {}) {
  return new Promise((resolve) => {
    const child = spawn(node?.file ?? process.execPath, args, {
      cwd: ROOT,
      // jest writes its JSON to a file, and what people read to stderr.
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['inherit', heard ? 'inherit' : 'ignore', 'inherit'],
      env: {
        ...process.env,
        NODE_ENV: 'test',
        NODE_OPTIONS: quiet || heard ? '' : '--experimental-vm-modules --disable-warning=ExperimentalWarning',
        ...env,
        // Tests that start `node` or `npx` by name get the same Node.
        ...(node && { PATH: `${node.folder}${path.delimiter}${process.env.PATH}` }),
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
    child.once('error', (error) => {
      progress.say(`It could not be started: ${error.message}`);
      resolve({ code: 1, output });
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 1, output });
    });
  });
}

/** Two at a time: the checks are single-threaded, and there are at least two cores. */
async function inPairs(items, work) {
  const queue = [...items];
  const next = async () => {
    for (let item = queue.shift(); item; item = queue.shift()) await work(item);
  };
  await Promise.all([next(), next()]);
}
