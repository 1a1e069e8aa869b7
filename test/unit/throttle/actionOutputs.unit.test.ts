import { describe, expect, it } from '@jest/globals';
import { answerFor } from '../../../src/api/throttle/actionAnswer.js';
import type { IntakeAnswer } from '../../../src/db/throttle/intake.js';
import { blockOutputs, endOutputs } from '../../../src/domain/throttle/actionOutputs.js';
import { TERMINAL_STATES } from '../../../src/domain/throttle/executionStates.js';

const answer = (over: Partial<IntakeAnswer>): IntakeAnswer => ({
  executionId: '1',
  state: 'waiting',
  reason: null,
  plannedInMs: null,
  plannedAt: null,
  expiresInMs: null,
  fresh: false,
  sameBody: true,
  place: null,
  ...over,
});

describe('the outputs of the action', () => {
  it('ask HubSpot to hold the record until its expiry', () => {
    expect(blockOutputs(7 * 86_400_000)).toEqual({
      hs_execution_state: 'BLOCK',
      hs_expiration_duration: 'P1W',
    });
  });

  it('say where in its lane the record waits, and when its turn comes, in milliseconds as HubSpot reads times', () => {
    const plannedAt = new Date('2027-01-01T09:30:25.000Z');
    const problem = 'max_waiting "x" is not a whole number';
    expect(answerFor(answer({ place: 201, plannedAt }), 'partners', problem).outputFields).toMatchObject({
      ...{ hs_execution_state: 'BLOCK', sluice_place: '201', sluice_eta: '1798795825000' },
      sluice_reason: problem,
    });
    expect(endOutputs('released', { queue: null, waitMs: 25_000, place: 201 })).toEqual({
      ...{ hs_execution_state: 'SUCCESS', sluice_status: 'released' },
      ...{ sluice_wait_seconds: '25', sluice_place: '201' },
    });
  });

  it('say why a call was not taken in', () => {
    const reason = '5 wait already: the most that the step lets wait';
    for (const state of ['refused', 'skipped'] as const)
      expect(answerFor(answer({ state, reason }), null).outputFields['sluice_reason']).toBe(reason);
  });

  it('let a released record go on, one that was skipped as well, and every other one as failed', () => {
    expect(endOutputs('released', { queue: 'partners', waitMs: 1499 })).toEqual({
      hs_execution_state: 'SUCCESS',
      sluice_status: 'released',
      sluice_wait_seconds: '1',
      sluice_queue: 'partners',
    });
    expect(endOutputs('skipped', { queue: null })['hs_execution_state']).toBe('SUCCESS');
    expect(endOutputs('expired', { queue: null, waitMs: null })).toEqual({
      hs_execution_state: 'FAIL_CONTINUE',
      sluice_status: 'expired',
    });
  });

  it('give the reason of a rejection, cut to what an output field takes', () => {
    expect(endOutputs('rejected', { queue: null, reason: 'x'.repeat(600) })['sluice_reason']).toHaveLength(
      500,
    );
  });

  it.each(TERMINAL_STATES)(
    'answer the repeat of a call that ended as %s as it was answered then',
    (state) => {
      const { outputFields } = answerFor(answer({ state, plannedInMs: -5 }), 'partners');
      const released = state === 'completed' || state === 'gone';
      expect(outputFields).toMatchObject({
        hs_execution_state: released || state === 'skipped' ? 'SUCCESS' : 'FAIL_CONTINUE',
        sluice_status: released ? 'released' : state,
        sluice_queue: 'partners',
      });
      expect('sluice_wait_seconds' in outputFields).toBe(state === 'refused');
    },
  );
});
