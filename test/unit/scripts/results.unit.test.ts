import { describe, expect, it } from '@jest/globals';
import { countTests, summarize } from '../../../scripts/lib/results.mjs';

const assertions = (...tests: [status: string, fullName: string][]) => ({
  assertionResults: tests.map(([status, fullName]) => ({ status, fullName })),
});
const report = {
  numPassedTests: 5,
  numFailedTests: 0,
  numRuntimeErrorTestSuites: 0,
  testResults: [
    assertions(['passed', 'a lane releases'], ['pending', 'a page: no Chromium']),
    assertions(['todo', 'a lane ends']),
  ],
};

describe('what one run of jest counts for', () => {
  it('counts tests, and names those that were skipped', () => {
    expect(countTests({ ...report, numFailedTests: 2 }, 1)).toEqual({
      passed: 5,
      failed: 2,
      skipped: ['a page: no Chromium', 'a lane ends'],
    });
  });

  it('does not count a test as skipped whose name was not asked for', () => {
    expect(countTests(report, 0, 'PAGE').skipped).toEqual(['a page: no Chromium']);
  });

  it('counts a file that could not be loaded as failed', () => {
    expect(countTests({ ...report, numRuntimeErrorTestSuites: 1 }, 1)).toMatchObject({
      passed: 5,
      failed: 1,
    });
  });

  it('counts a run that ended badly though no test failed', () => {
    expect(countTests(report, 137)).toMatchObject({ passed: 5, failed: 1 });
  });

  it('counts a run that left no report', () => {
    expect(countTests(undefined, 1)).toEqual({ passed: 0, failed: 1, skipped: [] });
  });
});

describe('the end of npm test', () => {
  const ran = { passed: 0, failed: 0, skipped: [] as string[], took: '1.0 s' };

  it('is one line with the sum over everything', () => {
    const { lines, failed } = summarize([
      { ...ran, title: 'lint', passed: 1 },
      { ...ran, title: 'unit', passed: 600, failed: 2, skipped: ['a lane ends'] },
      { ...ran, title: 'e2e', passed: 40, skipped: ['a page: no Chromium'] },
    ]);
    expect(lines.at(-1)).toBe('641 passed, 2 failed, 2 skipped');
    expect(failed).toBe(2);
  });

  it('says of each stage how it went, and of each skipped test why', () => {
    const { lines } = summarize([
      { ...ran, title: 'lint', passed: 1 },
      { ...ran, title: 'unit', passed: 600, failed: 2 },
      { ...ran, title: 'e2e', passed: 40, skipped: ['a page: no Chromium'] },
      { ...ran, title: 'contract', skipped: ['requests: no description'] },
      { title: 'e2e on Node 26', passed: 0, failed: 1, skipped: [], took: 'not run' },
    ]);
    expect(lines).toEqual([
      '✓ lint            passed  1.0 s',
      '✗ unit            2 failed  1.0 s',
      '✓ e2e             passed, 1 skipped  1.0 s',
      '- contract        skipped  1.0 s',
      '✗ e2e on Node 26  1 failed  not run',
      '',
      'Skipped:',
      '  e2e: a page: no Chromium',
      '  contract: requests: no description',
      '',
      '641 passed, 3 failed, 2 skipped',
    ]);
  });

  it('calls a stage in which nothing ran neither passed nor failed', () => {
    expect(summarize([{ ...ran, title: 'unit' }]).lines[0]).toBe('- unit  nothing ran  1.0 s');
  });
});
