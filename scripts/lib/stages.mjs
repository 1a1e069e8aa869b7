import { readdirSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './paths.mjs';
import { Trouble } from './trouble.mjs';

/**
 * The stages of `npm test`, in their order. A check is one command that passes or fails; a suite is every test file of
 * one kind, run by jest; a proof is a command that counts by itself what passed and what failed. `needs` names the
 * servers that must run for it, and the build where its processes run that.
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
  {
    name: 'reference',
    title: 'reference of the package',
    bin: 'typedoc/bin/typedoc',
    args: ['--emit', 'none', '--logLevel', 'Warn'],
  },
];

const MINUTE_MS = 60_000;

export const SUITES = [
  { name: 'unit', needs: [], workers: 2, testTimeoutMs: 10_000, limitMs: 5 * MINUTE_MS },
  {
    name: 'integration',
    needs: ['postgres', 'temporal'],
    workers: 2,
    testTimeoutMs: 30_000,
    limitMs: 25 * MINUTE_MS, // about twice of what it takes on two cores that do nothing else
  },
  // Each file starts time-skipping servers of its own: two files at once are slower than one after the other.
  {
    name: 'workflow',
    title: 'workflow and replay',
    needs: ['postgres', 'temporal', 'testServer'],
    workers: 1,
    testTimeoutMs: MINUTE_MS,
    limitMs: 15 * MINUTE_MS,
  },
  // These tests measure windows in real time, so nothing else may take the cores.
  {
    name: 'e2e',
    needs: ['postgres', 'temporal', 'testServer', 'build'],
    workers: 1,
    testTimeoutMs: 3 * MINUTE_MS,
    limitMs: 35 * MINUTE_MS,
  },
  {
    name: 'contract',
    needs: ['postgres', 'temporal'],
    workers: 2,
    testTimeoutMs: 30_000,
    limitMs: 10 * MINUTE_MS,
  },
];

export const PROOFS = [
  {
    name: 'crashpoints',
    title: 'crash points',
    needs: ['postgres', 'temporal'],
    limitMs: 25 * MINUTE_MS,
    args: ['--import', 'tsx', 'test/crashpoints/main.ts', '--third', 'commits'],
  },
];

/** The suites of which `--newest` runs a third on the newest Node: together they load every part of the service. */
const SUITES_ON_NEWEST = ['integration', 'e2e'];

/**
 * The stages that the words after `npm test --` ask for. The name of a stage chooses it; any other word is a pattern
 * for the paths of test files. Throws a Trouble for a pattern that no test file of the chosen stages matches.
 *
 * @param {string[]} words
 * @param {string[]} [files] the test files, from the root of the project
 */
export function selectStages(words, files = testFiles()) {
  const all = [...CHECKS, ...SUITES, ...PROOFS];
  const known = (word) => all.some((stage) => stage.name === word);
  const names = words.filter(known);
  const patterns = words.filter((word) => !known(word));
  const chosen = (stage) => names.length === 0 || names.includes(stage.name);
  const suites = SUITES.filter(chosen);
  for (const pattern of patterns) {
    if (!suites.some(({ name }) => matches(name, [pattern], files))) throw matchesNothing(pattern, names);
  }
  return {
    // A pattern alone asks for tests, which are not to wait for the linter.
    checks: patterns.length > 0 && names.length === 0 ? [] : CHECKS.filter(chosen),
    suites: suites.filter(({ name }) => patterns.length === 0 || matches(name, patterns, files)),
    // They have no test files.
    proofs: patterns.length > 0 ? [] : PROOFS.filter(chosen),
    patterns,
  };
}

/** Those of the suites of which `--newest` runs a third on the newest Node. */
export const onNewestNode = (suites) => suites.filter(({ name }) => SUITES_ON_NEWEST.includes(name));

/**
 * The patterns by which jest finds the files of a suite: its kind, narrowed down by the patterns that were asked for.
 */
export function testPathPatterns(kind, patterns) {
  const suffix = `\\.${kind}\\.test\\.ts$`;
  return patterns.length === 0 ? [suffix] : patterns.map((pattern) => `${pattern}.*${suffix}`);
}

function matches(kind, patterns, files) {
  const expressions = testPathPatterns(kind, patterns).map(expressionOf);
  return files.some((file) => expressions.some((expression) => expression.test(file)));
}

/** The expression as jest makes it of a pattern. */
function expressionOf(pattern) {
  try {
    return new RegExp(pattern, 'i');
  } catch (error) {
    throw new Trouble(`That is no pattern for the paths of test files. ${error.message}`);
  }
}

function matchesNothing(word, names) {
  const all = [...CHECKS, ...SUITES, ...PROOFS].map(({ name }) => name);
  const near = all.find((name) => isContained(word, name) || isContained(name, word));
  const within = names.length > 0 ? ` of ${names.join(', ')}` : '';
  return new Trouble(`"${word}" is no stage, and no test file${within} has it in its path.`, {
    advice: `${near ? `Did you mean ${near}? ` : ''}The stages are: ${all.join(' ')}`,
  });
}

/** Whether the letters of one word come in another in the same order, as those of a word with a letter left out do. */
function isContained(word, other) {
  let at = 0;
  for (const letter of other) if (letter === word[at]) at += 1;
  return at === word.length;
}

function testFiles() {
  return readdirSync(path.join(ROOT, 'test'), { recursive: true })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => `test/${file.replaceAll(path.sep, '/')}`);
}
