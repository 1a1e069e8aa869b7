import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { Caller } from '../../../sandbox/throttle/caller.js';
import { Enroller } from '../../../sandbox/throttle/enroller.js';
import { Enrolments } from '../../../sandbox/throttle/enrolments.js';
import type { Execution } from '../../../sandbox/throttle/entities.js';
import { Workflows } from '../../../sandbox/throttle/workflows.js';
import { Portal } from '../../../sandbox/portals/portal.js';
import { defaultSettings } from '../../../sandbox/settings.js';

const RELEASED = { hs_execution_state: 'SUCCESS', sluice_status: 'released' };
const answer = (status: number, state?: string) => ({
  status,
  retryAfterMs: undefined,
  outputs: state === undefined ? {} : { hs_execution_state: state, hs_expiration_duration: 'PT1H' },
});

/** Enrolments whose action calls are not sent: the test answers them. */
function setUp(count: number, steps: number) {
  const sent: Execution[] = [];
  const clock = { now: () => Date.now(), epochMs: () => Date.now() };
  const workflows = new Workflows({ clientSecret: () => 's', epochMs: () => 0 });
  const portal = new Portal(1, 'Acme', 'UTC', defaultSettings());
  const { actionDefinitionId } = workflows.addAction(portal, { actionUrl: 'http://127.0.0.1:9/' });
  const plan = { actionDefinitionId, inputFields: { queue: 'all' } };
  const workflow = workflows.addWorkflow(portal, { steps: Array.from({ length: steps }, () => plan) });
  const enrolments = new Enrolments(
    clock,
    () => 0,
    defaultSettings(),
    (execution) => {
      enrolments.sending(execution, 1);
      sent.push(execution);
    },
  );
  const caller = new Caller(() => 1);
  jest.spyOn(caller, 'post').mockReturnValue();
  const enroller = new Enroller(clock, caller, enrolments);
  const batch = enroller.enrol(workflow, { count, ratePerSecond: 0, concurrency: count, callsEach: 1 });
  for (const { current } of enrolments.all) if (current) sent.push(current);
  return { enrolments, batch, sent, lane: workflow.steps[0]!.lane };
}

describe('enrolments', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  const events = fc.array(
    fc.record({
      who: fc.nat(30),
      what: fc.constantFrom(
        'block',
        'success',
        '4xx',
        '5xx',
        'complete',
        'complete again',
        'expire',
        'an hour',
      ),
    }),
    { maxLength: 120 },
  );

  it('are each in one state, and each acknowledged execution is completed, expired or still open', () => {
    fc.assert(
      fc.property(events, (all) => {
        const { enrolments, batch, sent, lane } = setUp(6, 2);
        for (const { who, what } of all) {
          const execution = sent[who % sent.length]!;
          const done = { atMs: Date.now(), lost: false };
          if (what === 'block') enrolments.answered(execution, answer(200, 'BLOCK'));
          if (what === 'success') enrolments.answered(execution, answer(200, 'SUCCESS'));
          if (what === '4xx') enrolments.answered(execution, answer(404));
          if (what === '5xx') enrolments.answered(execution, answer(503));
          if (what.startsWith('complete')) enrolments.complete(execution, 'SUCCESS', RELEASED, done);
          if (what === 'expire') enrolments.expire(execution);
          if (what === 'an hour') jest.advanceTimersByTime(3_600_000);
        }
        const states = Object.values(batch.byState);
        expect(states.every((count) => count >= 0)).toBe(true);
        expect(states.reduce((sum, count) => sum + count, 0)).toBe(6);
        const open = [...new Set(sent)].filter((execution) => execution.state === 'waiting').length;
        expect(batch.byState.waiting).toBe(open);
        expect(lane.acknowledged).toBe(lane.completed + lane.expired + open);
        expect(lane.successes.length).toBe(lane.completed);
        enrolments.close();
      }),
    );
  });

  it('fail when no answer came within three days', () => {
    const { enrolments, batch, sent } = setUp(1, 1);
    for (let hours = 0; hours <= 73; hours += 1) {
      enrolments.answered(sent.at(-1)!, answer(0));
      jest.advanceTimersByTime(3_600_000);
    }
    expect(batch.byState).toMatchObject({ retrying: 0, failed: 1 });
    expect(sent.at(-1)).toMatchObject({ state: 'failed', outcome: 'no answer within three days' });
  });
});
