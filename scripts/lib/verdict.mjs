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

/**
 * The result of the mirror: the rows of its table, and which promises were broken.
 * @param {Record<string, any>} found @param {{ contacts: number, companies: number, edits: number }} plan
 */
export function summarizeMirror({ mirrored, actions, verdict, calls, mostIn10s, refused }, plan) {
  const created = actions.Created ?? 0;
  const updated = actions.Updated ?? 0;
  const all = plan.contacts + plan.companies;
  const problems = [];
  if (verdict.missing > 0) problems.push(`${verdict.missing} are missing`);
  if (verdict.ghosts > 0) problems.push(`${verdict.ghosts} are not at HubSpot any more`);
  if (verdict.stale > 0) problems.push(`${verdict.stale} have values of before`);
  if (created !== all) problems.push(`the feed told of ${created} new records, where ${all} came`);
  if (updated !== plan.edits)
    problems.push(`the feed told of ${updated} changes, where ${plan.edits} were made`);
  if (refused > 0) problems.push(`HubSpot answered 429 ${refused} times`);
  const rows = [
    ['mirrored', mirrored.map(({ objectType, records }) => `${records} ${objectType}`).join(', ')],
    [
      'actions',
      Object.entries(actions)
        .map(([action, count]) => `${count} ${action}`)
        .join(', ') || '–',
    ],
    ['missing', String(verdict.missing)],
    ['ghosts', String(verdict.ghosts)],
    ['old values', String(verdict.stale)],
    ['HubSpot calls used', `${calls} (most in any 10 s: ${mostIn10s})`],
    ['429s', String(refused)],
  ];
  return { rows, problems };
}

/** One line that says whether the mirror is what the sandbox has. */
export function mirrorVerdictLine(problems, plan) {
  if (problems.length > 0) return `The promise was broken: ${problems.join('; ')}.`;
  const all = plan.contacts + plan.companies;
  return `All ${all} records mirrored, none missing, none too many, each change told once.`;
}
