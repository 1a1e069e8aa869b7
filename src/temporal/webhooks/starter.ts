import type { TemporalConnection } from '../connection.js';
import { JOURNAL_QUEUE, JOURNAL_WORKFLOW, JOURNAL_WORKFLOW_ID } from './contract.js';

export interface JournalStarter {
  /** Sees to it that the journal is read; does nothing when it is. */
  startJournal(): Promise<void>;
}

export function createJournalStarter(temporal: Pick<TemporalConnection, 'start'>): JournalStarter {
  return {
    startJournal: () =>
      temporal.start({
        workflow: JOURNAL_WORKFLOW,
        queue: JOURNAL_QUEUE,
        workflowId: JOURNAL_WORKFLOW_ID,
        args: [{}],
        summary: "Reads HubSpot's webhooks journal, which tells what happens in all portals",
      }),
  };
}
