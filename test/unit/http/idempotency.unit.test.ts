import { describe, expect, it } from '@jest/globals';
import { OPERATIONS } from '../../../src/api/operations.js';

/** POST operations that take no Idempotency-Key, and why a repeat does no harm, or makes nothing. */
const WITHOUT_KEY: Readonly<Record<string, string>> = {
  callAction: "HubSpot's own: it repeats by callback, and a callback is taken once",
  callDefinedAction: "HubSpot's own: it repeats by callback, and a callback is taken once",
  fetchActionOptions: 'reads alone',
  fetchQueues: 'reads alone',
  cancelActionRun: 'It changes what is there: a repeat finds it cancelled (409)',
  retryActionRun: 'It changes what is there: a repeat finds it waiting (409)',
  callWebhooks: "HubSpot's own: an event that comes again is known",
  verifySignature: 'stores nothing',
  replayWebhooks: 'It asks for reads: a repeat asks for the same ones',
  cancelExecution: 'It changes what is there: a repeat finds it cancelled (409)',
  releaseExecution: 'It changes what is there: a repeat finds it at the head already',
  retryExecution: 'It changes what is there: a repeat finds it waiting (409)',
  drainLane: 'It makes nothing, and goes in batches: where no answer came, what is left is asked for again',
  discardDeadLetters: 'It makes nothing, and goes in batches: a repeat finds those that are left',
  setActionRate: 'It sets what is named: a repeat sets the same',
  pauseOutbox: 'It sets what is named: a repeat sets the same',
  resumeOutbox: 'It sets what is named: a repeat sets the same',
  cancelRedrive: 'It ends what is there: a repeat finds it ended (409)',
  disconnectPortal: 'A repeat names the disconnect that is under way',
  resumeRegistration: 'It goes on with what there is: a repeat waits for the same',
  resendNotice: 'A notice is delivered at least once, and has an id by which its receiver knows it',
  changeSync: 'It sets what is named: a repeat sets the same, and a resync is one at a time',
  syncContacts: 'It has what is mirrored read at once: a repeat does the same',
  changeConsumer: 'It sets what is named: a repeat sets the same',
  acknowledgeChanges: 'It sets what is named, and never back',
  endDeadChanges: 'It makes nothing: a repeat finds those that are left',
  runSyncPass: 'The round is due now: a repeat sets the same',
  previewMapping: 'It stores nothing',
  consentToInstall: "A browser's form: its proof is good for one install",
};

describe('operations that make something', () => {
  const posts = OPERATIONS.filter(({ method }) => method === 'post');

  it('are done once under an Idempotency-Key; each other POST stands in the list with its reason', () => {
    const without = posts.filter(({ idempotent }) => !idempotent).map(({ id }) => id);
    expect(without.sort()).toEqual(Object.keys(WITHOUT_KEY).sort());
    expect(posts.length - without.length).toBeGreaterThan(7);
  });

  it('are no others than POST', () => {
    expect(OPERATIONS.filter(({ method, idempotent }) => idempotent && method !== 'post')).toEqual([]);
  });
});
