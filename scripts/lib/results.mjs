/**
 * The result of one run of jest. A file that could not be loaded counts as a failed test, and so does a run that ended
 * with an error without a failed test: no error may go uncounted. A test whose name was not asked for is not skipped.
 *
 * @typedef {{ title: string, passed: number, failed: number, skipped: string[], took?: string }} Result
 * @param {Record<string, any> | undefined} report jest's JSON
 * @param {number} exitCode
 * @param {string} [namePattern] the names that were asked for (-t)
 * @returns {Omit<Result, 'title'>} `skipped` has the titles, which say why
 */
export function countTests(report, exitCode, namePattern) {
  if (!report) return { passed: 0, failed: 1, skipped: [] };
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  // As jest compares them.
  const asked = new RegExp(namePattern ?? '', 'i');
  const skipped = report.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status, fullName }) => ['pending', 'todo'].includes(status) && asked.test(fullName))
    .map(({ fullName }) => fullName);
  return { passed: report.numPassedTests, failed: failed === 0 && exitCode !== 0 ? 1 : failed, skipped };
}

/**
 * The lines at the end of a run: one for each stage, what was skipped and why, and the sum of all.
 *
 * @param {Result[]} results
 * @param {(color: number, text: string) => string} paint
 * @returns {{ lines: string[], failed: number }} the last line is `N passed, N failed, N skipped`
 */
export function summarize(results, paint = (_color, text) => text) {
  const width = Math.max(...results.map(({ title }) => title.length));
  const stages = results.map(({ title, passed, failed, skipped, took = '' }) => {
    const [color, mark, word] =
      failed > 0
        ? [31, '✗', `${failed} failed`]
        : passed > 0
          ? [32, '✓', 'passed']
          : [33, '-', skipped.length > 0 ? 'skipped' : 'nothing ran'];
    const rest = passed + failed > 0 && skipped.length > 0 ? `, ${skipped.length} skipped` : '';
    return `${paint(color, mark)} ${title.padEnd(width)}  ${word}${rest}  ${took}`.trimEnd();
  });
  const left = results.flatMap(({ title, skipped }) => skipped.map((name) => `  ${title}: ${name}`));
  const total = (key) => results.reduce((sum, result) => sum + result[key], 0);
  const [passed, failed] = [total('passed'), total('failed')];
  const lines = [
    ...stages,
    '',
    ...(left.length > 0 ? ['Skipped:', ...left, ''] : []),
    `${passed} passed, ${failed} failed, ${left.length} skipped`,
  ];
  return { lines, failed };
}
