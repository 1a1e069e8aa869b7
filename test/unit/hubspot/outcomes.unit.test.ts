import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { classifyResponse } from '../../../src/hubspot/wire/classifyResponse.js';
import type { OutcomeKind } from '../../../src/hubspot/wire/outcomes.js';

const NOW = Date.parse('2026-11-24T22:00:00.250Z');
const clock = { nowMs: NOW, timeZone: 'UTC' };
const DAY_MS = 86_400_000;

const KINDS: readonly OutcomeKind[] = [
  'ok', 'partial', 'invalid', 'unauthorized', 'forbidden', 'notFound', 'locked', 'migrating', 'throttled', 'unavailable', 'unknown',
]; // prettier-ignore

function classify(status: number, body?: unknown, headers: Record<string, string> = {}, at = clock) {
  return classifyResponse(
    status,
    headers,
    typeof body === 'string' || body === undefined ? body : JSON.stringify(body),
    at,
  );
}

describe('classification of answers', () => {
  it.each<[number, OutcomeKind]>([
    [200, 'ok'], [201, 'ok'], [202, 'ok'], [204, 'ok'], [207, 'partial'], [301, 'unavailable'], [302, 'unavailable'], [304, 'unavailable'],
    [400, 'invalid'], [401, 'unauthorized'], [403, 'forbidden'], [404, 'notFound'], [405, 'unavailable'], [408, 'unavailable'], [409, 'invalid'],
    [410, 'notFound'], [413, 'invalid'], [414, 'invalid'], [415, 'unavailable'], [422, 'invalid'], [423, 'locked'], [425, 'unavailable'],
    [429, 'throttled'], [477, 'migrating'], [499, 'unavailable'], [500, 'unavailable'], [502, 'unavailable'], [503, 'unavailable'],
    [504, 'unavailable'], [521, 'unavailable'], [522, 'unavailable'], [524, 'unavailable'], [526, 'unavailable'], [599, 'unavailable'],
  ])('%i is %s', (status, kind) => {
    expect(classify(status, { correlationId: 'c-1' })).toMatchObject({ kind, status });
  }); // prettier-ignore

  const statuses = [400, 401, 402, 403, 404, 405, 407, 409, 410, 413, 414, 421, 422, 431, 451, 499, 500, 503];
  it.each(statuses)('believes no %i of a page, of nothing, of JSON of somebody else', (status) => {
    const pages = ['<!DOCTYPE html><title>cloudflare</title>', '', undefined, '{"message":"Prop', '[]', 'no'];
    for (const body of [...pages, {}, { message: 'no Route matched with those values' }])
      expect(classify(status, body)).toMatchObject({ kind: 'unavailable', reason: 'foreign' });
  });

  it('knows HubSpot by any field of its errors, or by its header', () => {
    for (const body of [{ category: 'X' }, { correlationId: 'c' }, { status: 'error' }, { errorType: 'X' }])
      expect(classify(404, body)).toMatchObject({ kind: 'notFound' });
    const header = { 'x-hubspot-correlation-id': 'c-1' };
    expect(classify(404, { message: 'resource not found' }, header)).toMatchObject({ kind: 'notFound' });
    expect(classify(404, '<html>', header)).toMatchObject({ reason: 'foreign' });
  });

  it.each([402, 405, 406, 411, 415, 421, 431, 451, 499])(
    'concludes nothing from %i, whoever says it',
    (status) => {
      const outcome = classify(status, { category: 'BAD_REQUEST', correlationId: 'c-1' });
      expect(outcome).toMatchObject({ kind: 'unavailable', reason: 'unclear', effect: 'possible' });
    },
  );

  it.each([
    [{ status: 'PENDING', results: [] }, 1],
    [{ status: 'CANCELED', results: [{ id: '1' }] }, 1],
    [{ status: 'COMPLETE', results: [], numErrors: 2 }, 1],
    [
      { status: 'COMPLETE', results: [], numErrors: 3, errors: [{ category: 'X', context: { ids: ['1'] } }] },
      2,
    ],
    [{ status: 'COMPLETE', results: [], errors: [{ category: 'X' }] }, 1],
    [{ status: 'error', category: 'VALIDATION_ERROR', message: 'no' }, 1],
  ])('calls a success partial that has errors or is not complete, under 200 and 201: %j', (body, errors) => {
    for (const status of [200, 201]) {
      const outcome = classify(status, body);
      expect(outcome.kind === 'partial' && outcome.errors.length).toBe(errors);
    }
  });

  it('takes the status of what is no batch for what it is', () => {
    for (const body of [{ status: 'ACTIVE', id: '1' }, { results: [] }, { numErrors: 0, status: 'COMPLETE' }])
      expect(classify(200, body)).toMatchObject({ kind: 'ok' });
  });

  it.each([
    ['Contact already exists. Existing ID: 777', '777'],
    ['Cannot set driver_no to 7 in portal 5. 4711 already has that value.', '4711'],
    ['Existing ID: none', undefined],
  ])('finds the record that stands in the way in the words alone: %s', (message, existingId) => {
    expect(classify(409, { category: 'CONFLICT', message })).toEqual(
      expect.objectContaining(
        existingId === undefined ? { kind: 'invalid' } : { kind: 'invalid', existingId },
      ),
    );
  });

  it('keeps what HubSpot says about a refusal', () => {
    const outcome = classify(400, {
      status: 'error',
      message: 'Property values were not valid',
      correlationId: 'a43683b0',
      category: 'VALIDATION_ERROR',
      errors: [
        {
          message: 'discount was not a valid number',
          code: 'INVALID_INTEGER',
          in: 'discount',
          context: { propertyName: ['discount'] },
        },
        { message: 'no such property', code: 'PROPERTY_DOESNT_EXIST', context: { propertyName: ['colour'] } },
      ],
    });
    expect(outcome).toMatchObject({
      kind: 'invalid',
      correlationId: 'a43683b0',
      category: 'VALIDATION_ERROR',
      code: 'INVALID_INTEGER',
      property: 'discount',
      properties: ['discount', 'colour'],
    });
  });

  it('finds the property in the JSON that HubSpot puts into a message', () => {
    const message = `Property values were not valid: [{"isValid":false,"message":"Property \\"size\\" does not exist","error":"PROPERTY_DOESNT_EXIST","name":"size"}]`;
    expect(classify(400, { category: 'VALIDATION_ERROR', message })).toMatchObject({
      property: 'size',
      properties: ['size'],
    });
    expect(classify(400, { status: 'error', message: 'Property values were not valid: [{oh' })).toMatchObject(
      {
        kind: 'invalid',
        properties: [],
      },
    );
  });

  it('names missing scopes', () => {
    const scopes = {
      errors: [{ context: { requiredGranularScopes: ['automation'] } }],
      context: { missingScopes: ['oauth'] },
    };
    expect(classify(403, { category: 'MISSING_SCOPES', ...scopes })).toMatchObject({
      category: 'MISSING_SCOPES',
      missingScopes: ['oauth', 'automation'],
    });
  });

  it('tells which rows of a batch failed', () => {
    const outcome = classify(207, {
      status: 'COMPLETE',
      results: [{ id: '1' }],
      errors: [
        { category: 'VALIDATION_ERROR', message: 'bad', context: { objectWriteTraceId: ['549b'] } },
        { category: 'OBJECT_NOT_FOUND', message: 'gone', context: { ids: ['7', '8'] } },
      ],
    });
    expect(outcome).toMatchObject({
      kind: 'partial',
      errors: [{ ids: ['549b'] }, { ids: ['7', '8'], category: 'OBJECT_NOT_FOUND' }],
    });
  });

  it('takes a success that cannot be read for unknown, and one without a body for a success', () => {
    for (const body of ['<html>', '{"results":[', undefined])
      expect(classify(200, body)).toMatchObject({ kind: 'unknown', reason: 'unreadable' });
    expect(classify(204, undefined)).toMatchObject({ kind: 'ok' });
    expect(classify(204, '<html>')).toMatchObject({ kind: 'ok' });
    expect(classify(200, '')).toMatchObject({ kind: 'ok' });
  });

  it('says of a failure whether it may have worked all the same', () => {
    expect(classify(503, '')).toMatchObject({ effect: 'none' });
    expect(classify(521, '')).toMatchObject({ effect: 'none' });
    for (const status of [500, 502, 504, 522, 524])
      expect(classify(status, '')).toMatchObject({ effect: 'possible' });
  });

  describe('waits', () => {
    const policy = (policyName: string) => ({
      policyName,
      message: 'You have reached your limit.',
      errorType: 'RATE_LIMIT',
    });

    it('by policy where HubSpot names no time', () => {
      expect(classify(429, policy('TEN_SECONDLY_ROLLING'))).toMatchObject({
        policy: 'TEN_SECONDLY_ROLLING',
        retryAfterMs: 10_000,
      });
      expect(classify(429, policy('SECONDLY'))).toMatchObject({ policy: 'SECONDLY', retryAfterMs: 1500 });
      expect(classify(429, policy('DAILY'))).toMatchObject({
        policy: 'DAILY',
        retryAfterMs: 2 * 3_600_000 - 250,
      });
      expect(classify(429, policy('toString'))).toMatchObject({ policy: 'other', retryAfterMs: 10_000 });
      expect(classify(429, '<html>')).toMatchObject({ policy: 'other' });
    });

    it('a day ends at midnight of the portal', () => {
      const daily = (timeZone: string, nowMs = NOW) =>
        classify(429, policy('DAILY'), {}, { nowMs, timeZone });
      expect(daily('America/New_York')).toMatchObject({ retryAfterMs: 7 * 3_600_000 - 250 }); // 17:00
      expect(daily('Europe/Berlin')).toMatchObject({ retryAfterMs: 3_600_000 - 250 }); // 23:00
      expect(daily('Asia/Kathmandu')).toMatchObject({ retryAfterMs: (20 * 60 + 15) * 60_000 - 250 }); // 03:45
      expect(daily('Not/AZone')).toMatchObject({ retryAfterMs: 2 * 3_600_000 - 250 });
      expect(daily('UTC', Date.parse('2026-11-24T00:00:00Z'))).toMatchObject({ retryAfterMs: DAY_MS });
    });

    it('by Retry-After: seconds or a date, never more than a day', () => {
      expect(classify(429, {}, { 'retry-after': '13' })).toMatchObject({ retryAfterMs: 13_000 });
      expect(classify(477, {}, { 'retry-after': '7200' })).toMatchObject({ retryAfterMs: 7_200_000 });
      expect(classify(477, {}, { 'retry-after': '99999999' })).toMatchObject({ retryAfterMs: DAY_MS });
      expect(classify(477, {})).toMatchObject({ retryAfterMs: 60_000 });
      expect(classify(503, '', { 'retry-after': new Date(NOW + 5000).toUTCString() })).toMatchObject({
        retryAfterMs: 4750,
      });
      expect(classify(429, {}, { 'retry-after': 'soon' })).toMatchObject({ retryAfterMs: 10_000 });
    });

    it('may ask for no more than its limit can need, and for no less: neither a hot loop nor a day for ten seconds', () => {
      const waits = (name: string, value: string) => {
        const outcome = classify(429, policy(name), { 'retry-after': value });
        return outcome.kind === 'throttled' ? outcome.retryAfterMs : undefined;
      };
      for (const value of ['0', '-1', '0.2', 'Mon, 01 Jan 2001 00:00:00 GMT', '3', '']) {
        expect(waits('TEN_SECONDLY_ROLLING', value)).toBe(10_000);
        expect(waits('SECONDLY', value)).toBe(value === '3' ? 3000 : 1500);
      }
      for (const value of ['600', '86400', '99999999']) {
        expect(waits('TEN_SECONDLY_ROLLING', value)).toBe(40_000);
        expect(waits('SECONDLY', value)).toBe(5000);
        expect(waits('other', value)).toBe(value === '86400' ? 86_400 : 300_000);
      }
      for (const value of ['0', '-1', '99999999']) expect(waits('DAILY', value)).toBe(2 * 3_600_000 - 250);
      expect(waits('DAILY', '1')).toBe(10_000);
      expect(waits('DAILY', '60')).toBe(60_000);
      expect(classify(503, '', { 'retry-after': '3600' })).toMatchObject({ retryAfterMs: 900_000 });
      expect(classify(423, {}, { 'retry-after': '600' })).toMatchObject({ retryAfterMs: 60_000 });
      expect(classify(477, {}, { 'retry-after': '0' })).toMatchObject({ retryAfterMs: 60_000 });
    });

    it('at least two seconds on a lock', () => {
      expect(classify(423, {})).toMatchObject({ retryAfterMs: 2000 });
      expect(classify(423, {}, { 'retry-after': '1' })).toMatchObject({ retryAfterMs: 2000 });
      expect(classify(423, {}, { 'retry-after': '9' })).toMatchObject({ retryAfterMs: 9000 });
    });
  });

  it('takes the correlation id from the header where the body has none', () => {
    expect(classify(502, '<html>', { 'x-hubspot-correlation-id': 'c-1' })).toMatchObject({
      correlationId: 'c-1',
    });
  });

  it('cuts long messages', () => {
    const outcome = classify(400, { status: 'error', message: 'x'.repeat(100_000) });
    expect(outcome.kind === 'invalid' && outcome.message.length).toBeLessThan(600);
  });

  it('never throws and never leaves the closed set, whatever comes', () => {
    const problem = fc.record(
      {
        message: fc.anything(),
        category: fc.anything(),
        correlationId: fc.anything(),
        policyName: fc.anything(),
        errors: fc.oneof(
          fc.anything(),
          fc.array(
            fc.record(
              { context: fc.anything(), in: fc.anything(), code: fc.anything() },
              { requiredKeys: [] },
            ),
          ),
        ),
        context: fc.anything(),
      },
      { requiredKeys: [] },
    );
    const body = fc.option(fc.oneof(fc.string(), fc.json(), problem.map(stringify)), { nil: undefined });
    const header = fc.option(fc.oneof(fc.string(), fc.array(fc.string())), { nil: undefined });
    fc.assert(
      fc.property(
        fc.integer({ min: 200, max: 999 }),
        fc.record({ 'retry-after': header, 'x-hubspot-correlation-id': header }),
        body,
        fc.record({
          nowMs: fc.integer({ min: 0, max: 4e12 }),
          timeZone: fc.oneof(fc.string(), fc.constantFrom('UTC', 'Asia/Kolkata', 'America/St_Johns')),
        }),
        (status, headers, text, at) => {
          const outcome = classifyResponse(status, headers, text, at);
          expect(KINDS).toContain(outcome.kind);
          if ('retryAfterMs' in outcome) {
            expect(outcome.retryAfterMs).toBeGreaterThanOrEqual(0);
            expect(outcome.retryAfterMs).toBeLessThanOrEqual(DAY_MS);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

function stringify(value: unknown): string {
  return JSON.stringify(value, (_, entry: unknown) => (typeof entry === 'bigint' ? String(entry) : entry));
}
