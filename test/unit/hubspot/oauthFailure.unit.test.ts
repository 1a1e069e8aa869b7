import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  classifyOAuthFailure,
  type GrantType,
  type OAuthFailure,
} from '../../../src/hubspot/oauth/oauthFailure.js';
import type { TransportResult } from '../../../src/hubspot/wire/transport.js';

const answered = (status: number, body: unknown, headers = {}): TransportResult => ({
  kind: 'answered',
  status,
  headers,
  body: typeof body === 'string' || body === undefined ? body : JSON.stringify(body),
});
const classOf = (status: number, body: unknown, grant: GrantType = 'refresh_token') =>
  classifyOAuthFailure(answered(status, body), grant).class;

const grants = fc.constantFrom<GrantType>('authorization_code', 'refresh_token', 'other');
const anyResult = fc.oneof(
  fc.record({
    kind: fc.constant('answered' as const),
    status: fc.integer({ min: 100, max: 599 }),
    headers: fc.record({ 'retry-after': fc.oneof(fc.nat().map(String), fc.string()) }, { requiredKeys: [] }),
    body: fc.oneof(
      fc.constant(undefined),
      fc.string(),
      fc.json(),
      fc
        .record(
          {
            status: fc.oneof(
              fc.string(),
              fc.constantFrom('BAD_REFRESH_TOKEN', 'BAD_HUB', 'BAD_CLIENT_ID', 'error'),
            ),
            error: fc.string(),
            message: fc.string(),
          },
          { requiredKeys: [] },
        )
        .map((value) => JSON.stringify(value)),
    ),
  }),
  fc.record({
    kind: fc.constant('notSent' as const),
    reason: fc.constantFrom('network' as const, 'permit' as const, 'timeout' as const),
    message: fc.string(),
  }),
  fc.record({
    kind: fc.constant('noAnswer' as const),
    reason: fc.constantFrom('timeout' as const, 'reset' as const),
    message: fc.string(),
  }),
);

describe("a failure of HubSpot's token endpoints", () => {
  it.each<[string, OAuthFailure['class']]>([
    ['BAD_REFRESH_TOKEN', 'gone'],
    ['BAD_HUB', 'gone'],
    ['BAD_AUTH_CODE', 'restart'],
    ['BAD_CODE_VERIFIER', 'restart'],
    ['BAD_CLIENT_ID', 'configuration'],
    ['BAD_CLIENT_SECRET', 'configuration'],
    ['BAD_REDIRECT_URI', 'configuration'],
    ['BAD_GRANT_TYPE', 'configuration'],
    ['BAD_SCOPES', 'configuration'],
  ])('%s means %s', (status, meaning) => {
    const failure = classifyOAuthFailure(
      answered(400, { status, error: 'invalid_grant', message: 'm' }),
      'other',
    );
    expect(failure).toMatchObject({ class: meaning, status: 400, code: status });
  });

  it("without a code of HubSpot's is read by the standard, and else alarms", () => {
    expect(classOf(400, { error: 'invalid_grant' })).toBe('gone');
    expect(classOf(400, { error: 'invalid_grant' }, 'authorization_code')).toBe('restart');
    expect(classOf(400, { error: 'invalid_grant' }, 'other')).toBe('configuration');
    expect(classOf(401, { error: 'invalid_client' })).toBe('configuration');
    expect(classOf(400, { status: 'error', category: 'SOMETHING_NEW' })).toBe('configuration');
    expect(classOf(404, '<html>nothing here</html>')).toBe('configuration'); // this version was switched off
    expect(classOf(410, undefined)).toBe('configuration');
  });

  it('is transient where a repeat may help, whatever stands in the body', () => {
    for (const status of [301, 408, 425, 429, 500, 502, 503, 504, 521, 524])
      expect([status, classOf(status, { status: 'BAD_REFRESH_TOKEN' })]).toEqual([status, 'transient']);
    expect(classOf(403, '<html>Ray ID</html>')).toBe('transient');
    expect(classOf(400, '')).toBe('transient');
    expect(classOf(400, '["BAD_REFRESH_TOKEN"]')).toBe('transient');
  });

  it('is unknown where it may have taken effect', () => {
    expect(classOf(200, 'cut o')).toBe('unknown');
    expect(
      classifyOAuthFailure({ kind: 'noAnswer', reason: 'timeout', message: '' }, 'refresh_token').class,
    ).toBe('unknown');
    expect(
      classifyOAuthFailure({ kind: 'notSent', reason: 'network', message: '' }, 'refresh_token').class,
    ).toBe('transient');
  });

  it('never disconnects a customer unless HubSpot said so in a 4xx, by a code', () => {
    fc.assert(
      fc.property(anyResult, grants, (result, grant) => {
        const failure = classifyOAuthFailure(result, grant);
        if (failure.class !== 'gone') return;
        expect(result.kind).toBe('answered');
        expect(failure.status).toBeGreaterThanOrEqual(400);
        expect(failure.status).toBeLessThan(500);
        expect(['BAD_REFRESH_TOKEN', 'BAD_HUB', 'invalid_grant']).toContain(failure.code);
      }),
      { numRuns: 2000 },
    );
  });

  it('repeats nothing that HubSpot wrote, which may quote a secret, and asks for no endless wait', () => {
    fc.assert(
      fc.property(anyResult, grants, (result, grant) => {
        const failure = classifyOAuthFailure(result, grant);
        expect(JSON.stringify(failure)).not.toContain('canary');
        expect(failure.retryAfterMs ?? 0).toBeLessThanOrEqual(600_000);
      }),
    );
    const quoting = {
      status: 'canary-1 is bad',
      error: 'canary 2',
      error_description: 'canary-3',
      message: 'token canary-4',
    };
    expect(JSON.stringify(classifyOAuthFailure(answered(400, quoting), 'refresh_token'))).not.toContain(
      'canary',
    );
  });
});
