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

const ACTIONS_A_LINE = 3;
/** What each word of the feed counts, of which the sandbox was asked for so many. */
const TOLD = [
  ['Created', 'new records', ({ contacts, companies }) => contacts + companies],
  ['Updated', 'changes', ({ edits }) => edits],
  ['Deleted', 'deletes', ({ deletes }) => deletes],
  ['Merged', 'merges', ({ merges }) => merges],
];

/**
 * The result of the mirror: the rows of its table, and which promises were broken.
 * @param {Record<string, any>} found
 * @param {{ contacts: number, companies: number, edits: number, deletes: number, merges: number }} plan
 */
export function summarizeMirror({ mirrored, actions, verdict, calls, mostIn10s, refused }, plan) {
  const { associations } = verdict;
  const missing = verdict.missing + associations.missing;
  const ghosts = verdict.ghosts + associations.ghosts;
  const problems = [];
  if (missing > 0) problems.push(`${missing} are missing`);
  if (ghosts > 0) problems.push(`${ghosts} are not at HubSpot any more`);
  if (verdict.stale > 0) problems.push(`${verdict.stale} have values of before`);
  for (const [action, words, of] of TOLD) {
    const told = actions[action] ?? 0;
    if (told !== of(plan)) problems.push(`the feed told of ${told} ${words}, where ${of(plan)} were made`);
  }
  // Each is told of the records at both its ends, also where these are deleted or merged.
  const ends = (actions.Associated ?? 0) - (actions.Dissociated ?? 0);
  if (ends !== 2 * associations.edges)
    problems.push(`the feed told of ${ends} ends of associations, where ${2 * associations.edges} are`);
  if (refused > 0) problems.push(`HubSpot answered 429 ${refused} times`);
  const rows = [
    ['mirrored', mirrored.map(({ objectType, records }) => `${records} ${objectType}`).join(', ')],
    ['associations', `${associations.edges}, each told at both ends`],
    ...actionRows(actions),
    ['missing', String(missing)],
    ['ghosts', String(ghosts)],
    ['old values', String(verdict.stale)],
    ['HubSpot calls used', `${calls} (most in any 10 s: ${mostIn10s})`],
    ['429s', String(refused)],
  ];
  return { rows, problems };
}

/** Three to a line: a table that is wider than a terminal is none. */
function actionRows(actions) {
  const words = Object.entries(actions).map(([action, count]) => `${count} ${action}`);
  const rows = [['actions', words.slice(0, ACTIONS_A_LINE).join(', ') || '–']];
  for (let n = ACTIONS_A_LINE; n < words.length; n += ACTIONS_A_LINE)
    rows.push(['', words.slice(n, n + ACTIONS_A_LINE).join(', ')]);
  return rows;
}

/** One line that says whether the mirror is what the sandbox has. */
export function mirrorVerdictLine(problems, plan) {
  if (problems.length > 0) return `The promise was broken: ${problems.join('; ')}.`;
  const left = plan.contacts + plan.companies - plan.deletes - plan.merges;
  return `The mirror has all ${left} records that are left, none too many, and told each change once.`;
}
