import { ATTENTION, ATTENTION_KINDS, type AttentionKind } from './kinds.js';
import type { AttentionMeaning, Severity, Subject } from './meaning.js';

/** A thing of a kind, as a room has found it. */
export interface Finding {
  readonly kind: AttentionKind;
  /** Of what it is about, beside which nothing else of this kind has it. */
  readonly subjectId: string;
  readonly portalId: number | null;
  /** Null: not known. */
  readonly since: Date | null;
  /** How many executions, events … it concerns, up to COUNT_STOPS_AT; null: it is not counted. */
  readonly count: number | null;
  /** One sentence. Ids, states, numbers and words of operators, no values of records. */
  readonly happened: string;
  /** Where what it is about knows better than its kind. */
  readonly mend?: string;
}

/** A finding with what its kind says. */
export interface AttentionItem extends Omit<Finding, 'subjectId' | 'mend'> {
  readonly id: string;
  readonly severity: Severity;
  readonly about: { readonly kind: Subject; readonly id: string };
  readonly mend: string;
  readonly command: string;
  readonly request: string;
  readonly runbook: string;
}

/** Counting more would cost more than it tells. */
export const COUNT_STOPS_AT = 1000;
/** Of each kind so many are named; an answer says of which kinds there are more. */
export const NAMED_OF_A_KIND = 50;

export function attentionItem(finding: Finding): AttentionItem {
  const { kind, subjectId, portalId, since, count, happened } = finding;
  const meaning: AttentionMeaning = ATTENTION[kind];
  const fill = (text: string) =>
    text.replaceAll('{id}', subjectId).replaceAll('{portalId}', String(portalId ?? subjectId));
  return {
    ...{ id: `${kind}:${subjectId}`, kind, severity: meaning.severity },
    about: { kind: meaning.about, id: subjectId },
    ...{ portalId, since, count, happened },
    mend: finding.mend ?? meaning.mend,
    command: fill(meaning.command),
    request: fill(meaning.request),
    runbook: runbookPage(meaning.runbook),
  };
}

/** `operations#a-lane-is-paused` as the API serves it. */
export function runbookPage(runbook: string): string {
  return `/docs/guide/${runbook}`;
}

/** In the order of the kinds, and within one of what they are about. */
export function byUrgency(one: AttentionItem, other: AttentionItem): number {
  const kinds = rank(one.kind) - rank(other.kind);
  if (kinds !== 0) return kinds;
  return one.id < other.id ? -1 : one.id > other.id ? 1 : 0;
}

const rank = (kind: AttentionKind) => ATTENTION_KINDS.indexOf(kind);

/** What a room has found, and of which kinds it has found more than it names. */
export interface Found {
  readonly findings: readonly Finding[];
  readonly more: readonly AttentionKind[];
}

/** How many rows a source asks for: one more than it names tells whether there are more. */
export const ASKED_OF_A_KIND = NAMED_OF_A_KIND + 1;
/** What counts stop at where they are told; they are read to here. */
export const BOUNDS = { things: ASKED_OF_A_KIND, counted: COUNT_STOPS_AT } as const;

/** The findings of a statement that was asked for ASKED_OF_A_KIND rows; `kinds`: those that it can find. */
export function foundIn<Row>(
  kinds: readonly AttentionKind[],
  rows: readonly Row[],
  findingsOf: (row: Row) => readonly Finding[],
): Found {
  return {
    findings: rows.slice(0, NAMED_OF_A_KIND).flatMap((row) => findingsOf(row)),
    more: rows.length > NAMED_OF_A_KIND ? kinds : [],
  };
}

export function foundTogether(all: readonly Found[]): Found {
  return {
    findings: all.flatMap(({ findings }) => findings),
    more: [...new Set(all.flatMap(({ more }) => more))],
  };
}

/** `1 execution`, `12 executions`, `1,000 executions or more`. */
export function countInWords(count: number, one: string): string {
  const words = `${count.toLocaleString('en-GB')} ${one}${count === 1 ? '' : 's'}`;
  return count >= COUNT_STOPS_AT ? `${words} or more` : words;
}
