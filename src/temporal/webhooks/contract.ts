import type { TaskQueue } from '../taskQueues.js';

/** Reads HubSpot's webhooks journal, which is one for all portals: there is one such workflow, and no second. */
export const JOURNAL_WORKFLOW = 'webhooksJournal';
export const JOURNAL_WORKFLOW_ID = 'webhooks-journal';
export const JOURNAL_QUEUE: TaskQueue = 'upkeep';

export interface WebhooksJournalInput {
  /** Of runs before this one. */
  readonly before?: { readonly files: number; readonly events: number };
}

/** It ends when the journal is switched off. */
export interface WebhooksJournalResult {
  readonly files: number;
  readonly events: number;
}

/** What a turn of reading came to. */
export interface JournalTurnResult {
  /** What is behind it is read next. Null: from the first that HubSpot has. */
  readonly offset: string | null;
  readonly files: number;
  readonly events: number;
  /** `off`: WEBHOOKS_JOURNAL is off. */
  readonly ended: 'done' | 'failed' | 'lost' | 'not_taken' | 'off';
  readonly nextInMs: number;
}

/** What a round over the subscriptions came to. */
export interface JournalSubscriptionsResult {
  readonly made: number;
  readonly ended: number;
  readonly refused: number;
  readonly told: number;
  readonly polled: number;
}
