import { describe, expect, it } from '@jest/globals';
import { CHECKS, countTests, selectStages, SUITES, testPathPatterns } from '../../../scripts/lib/stages.mjs';

const names = (stages: readonly { name: string }[]) => stages.map(({ name }) => name);

describe('what npm test runs', () => {
  it('runs every check and every suite when nothing is asked for', () => {
    const all = selectStages([]);
    expect(names(all.checks)).toEqual(names(CHECKS));
    expect(names(all.suites)).toEqual(['unit', 'integration', 'workflow', 'e2e', 'contract']);
  });

  it('runs the named stages alone', () => {
    const some = selectStages(['lint', 'unit']);
    expect(names(some.checks)).toEqual(['lint']);
    expect(names(some.suites)).toEqual(['unit']);
  });

  it('takes a word that is no stage for a file pattern, and leaves the checks out', () => {
    const some = selectStages(['signature']);
    expect(some.checks).toEqual([]);
    expect(names(some.suites)).toEqual(names(SUITES));
    expect(testPathPatterns('unit', some.patterns)).toEqual(['signature.*\\.unit\\.test\\.ts$']);
  });

  it('keeps a pattern within the kind that it is combined with', () => {
    const some = selectStages(['integration', 'intake']);
    const [pattern = ''] = testPathPatterns('integration', some.patterns);
    expect('test/integration/api/intake.integration.test.ts').toMatch(new RegExp(pattern));
    expect('test/unit/api/intake.unit.test.ts').not.toMatch(new RegExp(pattern));
  });
});

describe('what counts as failed', () => {
  const report = { numPassedTests: 5, numFailedTests: 0, numRuntimeErrorTestSuites: 0 };

  it('counts tests', () => {
    expect(countTests({ ...report, numFailedTests: 2 }, 1)).toEqual({ passed: 5, failed: 2 });
  });

  it('counts a file that could not be loaded', () => {
    expect(countTests({ ...report, numRuntimeErrorTestSuites: 1 }, 1)).toEqual({ passed: 5, failed: 1 });
  });

  it('counts a run that ended badly though no test failed', () => {
    expect(countTests(report, 137)).toEqual({ passed: 5, failed: 1 });
  });

  it('counts a run that left no report', () => {
    expect(countTests(undefined, 1)).toEqual({ passed: 0, failed: 1 });
  });
});
