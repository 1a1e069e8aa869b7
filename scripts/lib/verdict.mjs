/**
 * The result of the main job, from the sandbox's report: the rows of the table, and which promises were broken.
 * @param {Record<string, any>} report @param {{ count: number, limit: number, windowMs: number }} job
 */
export function summarizeJob(report, job) {
  const [lane] = report.lanes;
  const [portal] = report.portals;
  const { totals } = report;
  const seconds = job.windowMs / 1000;
  const released = lane.bySluiceStatus?.released ?? 0;
  const problems = [];
  if (totals.acknowledged < job.count)
    problems.push(`${job.count - totals.acknowledged} were never acknowledged`);
  if (totals.lost > 0) problems.push(`${totals.lost} were acknowledged and lost`);
  if (totals.completedTwice > 0) problems.push(`${totals.completedTwice} were completed twice`);
  if (lane.maxInWindow > job.limit) {
    problems.push(`${lane.maxInWindow} came within ${seconds} s, where ${job.limit} are allowed`);
  }
  const otherwise = lane.completed - released;
  if (otherwise > 0) problems.push(`${otherwise} ended otherwise than released`);
  const rows = [
    ['acknowledged', `${totals.acknowledged} of ${job.count}`],
    ['released', String(released)],
    [`released per ${seconds} s`, lane.perWindow.join('  ') || '–'],
    [`most in any ${seconds} s`, `${lane.maxInWindow} of ${job.limit} allowed`],
    ['longest wait', `${((lane.longestWaitMs ?? 0) / 1000).toFixed(1)} s`],
    ['HubSpot calls used', `${portal.calls} (most in any 10 s: ${portal.maxCallsIn10s})`],
    ['429s', String(portal.rejected429)],
    ['lost', String(totals.lost)],
    ['duplicated', String(totals.completedTwice)],
  ];
  return { rows, problems };
}

/** The lines of the table. @param {[string, string][]} rows */
export function renderTable(rows) {
  const left = Math.max(...rows.map(([name]) => name.length));
  const right = Math.max(...rows.map(([, value]) => value.length));
  const rule = (from, middle, to) => `  ${from}${'─'.repeat(left + 2)}${middle}${'─'.repeat(right + 2)}${to}`;
  return [
    rule('┌', '┬', '┐'),
    ...rows.map(([name, value]) => `  │ ${name.padEnd(left)} │ ${value.padEnd(right)} │`),
    rule('└', '┴', '┘'),
  ];
}

/** One line that says whether the promise was kept. */
export function verdictLine(problems, job) {
  if (problems.length > 0) return `The promise was broken: ${problems.join('; ')}.`;
  const window = `${job.windowMs / 1000} s`;
  return `All ${job.count} released, none lost, none doubled, never more than ${job.limit} in any ${window}.`;
}
