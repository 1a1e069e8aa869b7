/** `urgent`: somebody loses by it now. `soon`: within the day. */
export const SEVERITIES = ['urgent', 'soon'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What an item is about; its id is that of such a thing. */
export const SUBJECTS = [
  'portal',
  'lane',
  'action',
  'redrive',
  'sync',
  'consumer',
  'registration',
  'api_key',
  'encryption_key',
  'workspace',
  'check',
] as const;
export type Subject = (typeof SUBJECTS)[number];

export interface AttentionMeaning {
  readonly severity: Severity;
  readonly about: Subject;
  /** What to do. `{id}` is what it is about, `{portalId}` its portal. */
  readonly mend: string;
  readonly command: string;
  /** The request of the API that does or shows the same. */
  readonly request: string;
  /** In docs, which `/docs/guide` serves. */
  readonly runbook: string;
}
