import { describe, expect, it } from '@jest/globals';
import { createSendCompletions } from '../../../src/activities/throttle/sendCompletions.js';
import type { Admitted } from '../../../src/db/throttle/admitReleases.js';
import type { Gateway, Outcome } from '../../../src/hubspot/gateway/gateway.js';
import type { RowError } from '../../../src/hubspot/wire/outcomes.js';

const ok: Outcome = { kind: 'ok', status: 204, body: undefined };
const notFound: Outcome = { kind: 'notFound', status: 404, message: 'not found' };
const partial = (errors: RowError[]): Outcome => ({ kind: 'partial', status: 207, body: {}, errors });
const rowsOf = (...ids: string[]): Admitted[] =>
  ids.map((id, n) => ({
    ...{ laneId: '3', admissionId: '1', fence: 0, executionId: id, callbackId: id, packId: '7' },
    ...{ ending: null, waitedMs: 1000 - n, lateMs: 0, attempts: 1, queue: null },
  }));

/** HubSpot as `answer` has it, asked about these callbacks; every call is noted. */
function sender(answer: (callbackIds: string[]) => Outcome) {
  const calls: string[][] = [];
  const gateway = {
    request: ({ body }: { body: { inputs: { callbackId: string }[] } }) => {
      const ids = body.inputs.map(({ callbackId }) => callbackId);
      calls.push(ids);
      return Promise.resolve(answer(ids));
    },
  } as unknown as Pick<Gateway, 'request'>;
  const send = createSendCompletions(gateway);
  const results = async (...ids: string[]) => {
    const answers = await send(1, rowsOf(...ids), performance.now() + 5000);
    return Object.fromEntries(
      answers.map((one) => [
        one.row.callbackId,
        'state' in one ? one.state : 'suspends' in one ? one.suspends : 'again',
      ]),
    );
  };
  return { calls, results };
}

describe('a batch of which HubSpot knows no callback', () => {
  it('is suspected of a wrong path after two callbacks were asked for alone: nothing of it ends', async () => {
    const { results, calls } = sender(() => notFound);
    const ids = Array.from({ length: 100 }, (_, n) => `c${n}`);
    expect(new Set(Object.values(await results(...ids)))).toEqual(new Set(['path']));
    expect(calls.map((call) => call.length)).toEqual([100, 1, 1]);
    expect(await results('alone')).toEqual({ alone: 'path' });
  });

  it('ends as gone once HubSpot has taken another completion since', async () => {
    const { results } = sender((ids) => (ids.every((id) => id === 'known') ? ok : notFound));
    expect(await results('a', 'b')).toEqual({ a: 'path', b: 'path' });
    expect(await results('known')).toEqual({ known: 'completed' });
    expect(await results('a', 'b')).toEqual({ a: 'gone', b: 'gone' });
    expect(await results('c')).toEqual({ c: 'path' }); // and no other does
  });

  it('loses only those that are over where HubSpot takes the others, however many there are', async () => {
    const over = new Set(['b', 'd', 'e']);
    const { results } = sender((ids) => (ids.some((id) => over.has(id)) ? notFound : ok));
    expect(await results('a', 'b', 'c', 'd', 'e', 'f')).toEqual({
      ...{ a: 'completed', b: 'gone', c: 'completed', d: 'gone', e: 'gone', f: 'completed' },
    });
  });
});

describe('a batch of which HubSpot took a part (207)', () => {
  it('is read row by row', async () => {
    const { results } = sender(() =>
      partial([
        { ids: ['b'], category: 'VALIDATION_ERROR', message: 'bad' },
        { ids: ['c'], category: 'RATE_LIMITS', message: 'later' },
        { ids: ['d'], category: 'OBJECT_NOT_FOUND', message: 'over' },
      ]),
    );
    expect(await results('a', 'b', 'c', 'd')).toEqual({ a: 'completed', b: 'failed', c: 'again', d: 'gone' });
  });

  it('is sent again where its errors do not say which rows they mean', async () => {
    const { results } = sender((ids) =>
      ids.includes('b') ? partial([{ ids: [], category: 'VALIDATION_ERROR', message: 'bad' }]) : ok,
    );
    expect(await results('a', 'b', 'c')).toEqual({ a: 'completed', b: 'failed', c: 'completed' });
  });
});
