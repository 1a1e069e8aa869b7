import { describe, expect, it } from '@jest/globals';
import { createSendCompletions } from '../../../src/activities/throttle/sendCompletions.js';
import type { Admitted } from '../../../src/db/throttle/admitReleases.js';
import type { Gateway, Outcome } from '../../../src/hubspot/gateway/gateway.js';
import { classifyResponse } from '../../../src/hubspot/wire/classifyResponse.js';
import type { RowError } from '../../../src/hubspot/wire/outcomes.js';

const ok: Outcome = { kind: 'ok', status: 204, body: undefined };
const notFound: Outcome = { kind: 'notFound', status: 404, message: 'not found' };
const partial = (errors: RowError[]): Outcome => ({ kind: 'partial', status: 207, body: {}, errors });
const rowsOf = (ids: readonly string[], attempts: number): Admitted[] =>
  ids.map((id, n) => ({
    ...{ laneId: '3', admissionId: '1', fence: 0, executionId: id, callbackId: id, packId: '7' },
    ...{ ending: null, waitedMs: 1000 - n, lateMs: 0, attempts, queue: null, place: null },
  }));

/** HubSpot as `answer` has it, asked about these callbacks; every call is noted. */
function sender(answer: (callbackIds: string[]) => Outcome, attempts = 1) {
  const calls: string[][] = [];
  const gateway = {
    request: ({ body }: { body: { inputs: { callbackId: string }[] } }) => {
      const ids = body.inputs.map(({ callbackId }) => callbackId);
      calls.push(ids);
      return Promise.resolve(answer(ids));
    },
  } as unknown as Pick<Gateway, 'request'>;
  const send = createSendCompletions<Admitted>(gateway, () => ({ hs_execution_state: 'SUCCESS' }));
  const results = async (...ids: string[]) =>
    read(await send(1, rowsOf(ids, attempts), performance.now() + 5000));
  const probe = async (...ids: string[]) =>
    read(await send(1, rowsOf(ids, attempts), performance.now() + 5000, undefined, true));
  const read = (answers: Awaited<ReturnType<typeof send>>) => {
    return Object.fromEntries(
      answers.map((one) => [
        one.row.callbackId,
        'state' in one ? one.state : 'suspends' in one ? one.suspends : 'again',
      ]),
    );
  };
  return { calls, results, probe };
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

describe('a callback to which HubSpot answers 5xx', () => {
  const away: Outcome = {
    ...{ kind: 'unavailable', status: 500, reason: 'server', message: 'error', effect: 'possible' },
  };

  it('ends for none of its tries while no other of its portal is taken: then the portal is suspended', async () => {
    const { results } = sender(() => away, 50);
    for (let n = 0; n < 3; n += 1) expect(await results('a')).toEqual({ a: 'breaker' });
  });

  it('ends as failed once HubSpot has taken another between two of its tries, and never as the call that finds out', async () => {
    const { results, probe } = sender((ids) => (ids.includes('bad') ? away : ok), 50);
    expect(await results('bad')).toEqual({ bad: 'breaker' });
    expect(await results('good')).toEqual({ good: 'completed' });
    expect(await probe('bad')).toEqual({ bad: 'breaker' });
    expect(await results('good')).toEqual({ good: 'completed' });
    expect(await results('bad')).toEqual({ bad: 'failed' });
  });
});

describe("an answer that is not HubSpot's word, or is not understood", () => {
  const clock = { nowMs: 0, timeZone: 'UTC' };
  const said = (status: number, body: unknown) =>
    classifyResponse(status, {}, typeof body === 'string' ? body : JSON.stringify(body), clock);
  const PAGE = '<!DOCTYPE html><title>cloudflare</title>';
  const FOREIGN = { message: 'no Route matched with those values' };

  it.each([
    ...[400, 401, 403, 404, 405, 407, 409, 410, 413, 414, 421, 431, 451, 499, 500, 502].map((status) => [
      status,
      PAGE,
    ]),
    ...[200, 202, 400, 404, 409, 410].flatMap((status) => [
      [status, ''],
      [status, FOREIGN],
    ]),
    [200, PAGE],
    ...['PENDING', 'CANCELED'].map((status) => [200, { status, results: [] }]),
    [200, { status: 'COMPLETE', results: [], numErrors: 1 }],
    [405, { status: 'error', category: 'BAD_REQUEST', correlationId: 'c' }],
    [400, { status: 'error', category: 'SOMETHING_NEW', correlationId: 'c' }],
  ] as [number, unknown][])('ends no execution, however often it comes: %i %j', async (status, body) => {
    for (const attempts of [1, 500]) {
      const { results, calls } = sender(() => said(status, body), attempts);
      for (const result of Object.values(await results('a', 'b'))) expect(result).toMatch(/^(again|path)$/);
      expect(calls.length).toBeLessThanOrEqual(3);
    }
  });

  it('is told from what HubSpot says: 204, or a success with its correlation id or a batch that is complete', async () => {
    const named = { 'x-hubspot-correlation-id': 'c-1' };
    const answers = [
      said(204, ''),
      classifyResponse(200, named, '', clock),
      said(200, { status: 'COMPLETE', results: [] }),
    ];
    for (const answer of answers) expect(await sender(() => answer).results('a')).toEqual({ a: 'completed' });
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
