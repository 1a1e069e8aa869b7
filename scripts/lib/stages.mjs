/**
 * What `npm test` consists of, in its order. A check is one command that passes or fails; a suite is every test file of one
 * kind, run by jest. `needs` names the servers that must run for it.
 */
export const CHECKS = [
  {
    name: 'format',
    title: 'format',
    bin: 'prettier/bin/prettier.cjs',
    args: ['--check', '--log-level=warn', '.'],
  },
  { name: 'lint', title: 'lint', bin: 'eslint/bin/eslint.js', args: ['.'] },
  { name: 'types', title: 'types', bin: 'typescript/bin/tsc', args: ['-p', '.'] },
  {
    name: 'layers',
    title: 'layers',
    bin: 'dependency-cruiser/bin/dependency-cruise.mjs',
    args: ['--output-type', 'err', 'src', 'sandbox', 'test', 'bench', 'scripts', 'bin'],
  },
  { name: 'unused', title: 'dead code', bin: 'knip/bin/knip.js', args: ['--no-config-hints'] },
];

const MINUTE_MS = 60_000;

export const SUITES = [
  { name: 'unit', needs: [], workers: 2, testTimeoutMs: 10_000, limitMs: 5 * MINUTE_MS },
  {
    name: 'integration',
    needs: ['postgres', 'temporal'],
    workers: 2,
    testTimeoutMs: 30_000,
    limitMs: 15 * MINUTE_MS,
  },
  // Each file starts time-skipping servers of its own; two at once are slower than one after the other.
  {
    name: 'workflow',
    title: 'workflow and replay',
    needs: ['postgres', 'temporal', 'testServer'],
    workers: 1,
    testTimeoutMs: MINUTE_MS,
    limitMs: 15 * MINUTE_MS,
  },
  // These measure windows in real time, so nothing else may take the cores.
  {
    name: 'e2e',
    needs: ['postgres', 'temporal', 'testServer'],
    workers: 1,
    testTimeoutMs: 3 * MINUTE_MS,
    limitMs: 20 * MINUTE_MS,
  },
  {
    name: 'contract',
    needs: ['postgres', 'temporal'],
    workers: 2,
    testTimeoutMs: 30_000,
    limitMs: 10 * MINUTE_MS,
  },
];

/**
 * What the words after `npm test --` ask for: names of stages choose them, any other word is a pattern for file names.
 * @param {string[]} words
 */
export function selectStages(words) {
  const all = [...CHECKS, ...SUITES];
  const known = (word) => all.some((stage) => stage.name === word);
  const names = words.filter(known);
  const patterns = words.filter((word) => !known(word));
  const chosen = (stage) => names.length === 0 || names.includes(stage.name);
  return {
    // A pattern alone means tests: nobody who looks for one test waits for the linter.
    checks: patterns.length > 0 && names.length === 0 ? [] : CHECKS.filter(chosen),
    suites: SUITES.filter(chosen),
    patterns,
  };
}

/** The file-name patterns for jest: the kind, and whatever narrower was asked for. */
export function testPathPatterns(kind, patterns) {
  const suffix = `\\.${kind}\\.test\\.ts$`;
  return patterns.length === 0 ? [suffix] : patterns.map((pattern) => `${pattern}.*${suffix}`);
}

/**
 * Passed and failed of one jest run. A file that could not even be loaded, and a run that ended badly without a failed
 * test, count as one failure: nothing that is wrong may count as nothing.
 * @param {Record<string, number> | undefined} report jest's JSON @param {number} exitCode
 */
export function countTests(report, exitCode) {
  if (!report) return { passed: 0, failed: 1 };
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  return { passed: report.numPassedTests, failed: failed === 0 && exitCode !== 0 ? 1 : failed };
}
