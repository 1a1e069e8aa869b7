import { moment, table, TABLE_COLUMNS } from '../output.js';
import type { AttentionItem, Readiness, Status } from './statusAnswers.js';

export interface StatusPage {
  readonly apiUrl: string;
  readonly readiness: Readiness;
  readonly status: Status;
  readonly items: readonly AttentionItem[];
  /** There are more items than these. */
  readonly more: boolean;
  readonly now: Date;
}

const INDENT = '        ';

/** Is all well, what flows, and what needs somebody: a page for a person. */
export function statusPage({ apiUrl, readiness, status, items, more, now }: StatusPage): string {
  const { urgent, soon, features, portals, unseen } = status;
  const parts = [
    `${apiUrl} is ${readiness.status}. ${verdict(status)}`,
    table(
      ['', 'waiting', 'sending', 'failed', ''],
      features.map(({ feature, waiting, sending, failed }) => [
        feature,
        waiting,
        sending,
        failed,
        feature === 'throttle' ? 'failed: within a day' : 'failed: dead letters',
      ]),
      { wide: false, columns: TABLE_COLUMNS, now },
    ),
    ...(portals === null ? [] : [`Portals: ${portalsInWords(portals)}`]),
    ...items.map((item) => inLines(item, now)),
    ...(more ? [`There are more: ${urgent} urgent, ${soon} soon (npx sluice status --all)`] : []),
    ...(unseen.length === 0 ? [] : [`Not looked at, for want of a scope of this key: ${unseen.join(', ')}`]),
  ];
  return parts.join('\n\n');
}

/** What can be said where the API does not answer for the workspace: what it lacks. */
export function notReadyPage(apiUrl: string, { status, checks = {} }: Readiness): string {
  const failed = Object.entries(checks).filter(([, { ok }]) => !ok);
  return [
    `${apiUrl} is ${status}.`,
    ...failed.map(([id, { problem = 'not well', mend = '' }]) =>
      [`${id.padEnd(INDENT.length - 1)} ${problem}`, ...wrapped(mend, INDENT)].join('\n'),
    ),
  ].join('\n\n');
}

function verdict({ ok, urgent, soon, unseen }: Status): string {
  if (ok) return unseen.length === 0 ? 'All is well.' : 'All is well of what this key may see.';
  const parts = [...(urgent > 0 ? [`${urgent} urgent`] : []), ...(soon > 0 ? [`${soon} soon`] : [])];
  return `${urgent + soon === 1 ? 'One thing needs' : `${urgent + soon} things need`} somebody: ${parts.join(', ')}.`;
}

function portalsInWords(portals: Readonly<Record<string, number>>): string {
  const some = Object.entries(portals).filter(([, count]) => count > 0);
  return some.length === 0
    ? 'none is connected'
    : some.map(([state, count]) => `${count} ${state}`).join(', ');
}

function inLines({ severity, happened, mend, command, runbook, since }: AttentionItem, now: Date): string {
  const began = since === null ? '' : ` Since ${moment(since)?.inWords(now) ?? since}.`;
  const [first = '', ...rest] = wrapped(`${happened}.${began}`, INDENT);
  return [
    `${severity.toUpperCase().padEnd(INDENT.length)}${first.trimStart()}`,
    ...rest,
    ...wrapped(`${mend}.`, INDENT),
    `${INDENT}$ ${command}`,
    `${INDENT}${runbook}`,
  ].join('\n');
}

/** In lines that fit, each after `indent`; a word that is longer than a line stands on one of its own. */
function wrapped(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter(Boolean)) {
    if (line !== '' && indent.length + line.length + 1 + word.length > TABLE_COLUMNS) {
      lines.push(indent + line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  if (line !== '') lines.push(indent + line);
  return lines;
}
