import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  decodeUri,
  judgeHeaders,
  verifySignature,
  type SignedRequest,
} from '../../../src/hubspot/incoming/signature.js';
import { Secret } from '../../../src/platform/secret.js';

const SECRET = 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy';
const URI = 'https://www.example.com/webhook_uri';
const SIGNED_AT = 1_564_113_600_000;
/** HubSpot's documented example of a webhook body. */
const DOCUMENTED_BODY = Buffer.from(
  '[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}]',
);

function request(changes: Partial<SignedRequest>): SignedRequest {
  return {
    method: 'POST',
    uri: URI,
    rawBody: Buffer.alloc(0),
    headers: {},
    secrets: [new Secret(SECRET)],
    nowMs: SIGNED_AT,
    takes: ['v2'],
    ...changes,
  };
}

function v2(method: string, uri: string, body: Buffer, secret = SECRET): string {
  return createHash('sha256').update(`${secret}${method}${uri}`).update(body).digest('hex');
}

function v3(method: string, uri: string, body: Buffer, timestamp: string, secret = SECRET): string {
  return createHmac('sha256', secret)
    .update(`${method}${uri}`)
    .update(body)
    .update(timestamp)
    .digest('base64');
}

describe('signature v2', () => {
  const signature = 'eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e';

  it("accepts HubSpot's documented vector", () => {
    const headers = { signature, signatureVersion: 'v2' };
    expect(verifySignature(request({ method: 'GET', headers }))).toEqual({ ok: true, version: 'v2' });
  });

  it.each([
    ['another method', { method: 'POST' }],
    ['another path', { method: 'GET', uri: `${URI}/` }],
    ['another body', { method: 'GET', rawBody: Buffer.from(' ') }],
    ['another secret', { method: 'GET', secrets: [new Secret('z')] }],
    ['no secret', { method: 'GET', secrets: [] }],
  ])('refuses it with %s', (_, changes) => {
    const headers = { signature, signatureVersion: 'v2' };
    expect(verifySignature(request({ headers, ...changes }))).toEqual({ ok: false, reason: 'mismatch' });
  });

  it.each([
    '',
    'x',
    `${signature}00`,
    signature.slice(0, 62),
    `${signature.slice(0, 63)}g`,
    `0x${signature.slice(2)}`,
  ])('refuses %j, which is no SHA-256 in hex', (wrong) => {
    const headers = { signature: wrong, signatureVersion: 'v2' };
    expect(verifySignature(request({ method: 'GET', headers }))).toEqual({ ok: false, reason: 'mismatch' });
  });

  it('says what is missing, and which versions it does not take', () => {
    expect(verifySignature(request({ headers: {} }))).toEqual({ ok: false, reason: 'missing' });
    expect(verifySignature(request({ headers: { signatureVersion: 'v2' } }))).toEqual({
      ok: false,
      reason: 'missing',
    });
    for (const signatureVersion of ['v1', 'V2', 'v4', '', undefined]) {
      const headers = { signature, signatureVersion };
      expect(verifySignature(request({ method: 'GET', headers }))).toEqual({
        ok: false,
        reason: 'unsupported_version',
      });
    }
  });

  it('accepts any of several secrets while one is rotated', () => {
    const headers = { signature, signatureVersion: 'v2' };
    const secrets = [new Secret('new'), new Secret(SECRET)];
    expect(verifySignature(request({ method: 'GET', headers, secrets })).ok).toBe(true);
  });
});

describe('signature v1', () => {
  const signature = '232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de';
  const headers = { signature, signatureVersion: 'v1' };
  const takes = ['v1'] as const;

  it("accepts HubSpot's documented vector where the route takes v1, and nowhere else", () => {
    const signed = { rawBody: DOCUMENTED_BODY, headers };
    expect(verifySignature(request({ ...signed, takes }))).toEqual({ ok: true, version: 'v1' });
    expect(verifySignature(request(signed))).toEqual({ ok: false, reason: 'unsupported_version' });
    expect(judgeHeaders(headers, SIGNED_AT, takes)).toBeUndefined();
  });

  it('refuses another body, another secret, and a v2 signature', () => {
    const right = { rawBody: DOCUMENTED_BODY, headers, takes };
    const mismatch = { ok: false, reason: 'mismatch' };
    expect(verifySignature(request({ ...right, rawBody: Buffer.from('[]') }))).toEqual(mismatch);
    expect(verifySignature(request({ ...right, secrets: [new Secret('z')] }))).toEqual(mismatch);
    const other = { signature: v2('POST', URI, DOCUMENTED_BODY), signatureVersion: 'v2' };
    expect(verifySignature(request({ ...right, headers: other }))).toEqual({
      ok: false,
      reason: 'unsupported_version',
    });
  });

  it('is not looked at beside a v3 signature that is wrong', () => {
    const both = { ...headers, signatureV3: 'A'.repeat(43) + '=', timestamp: String(SIGNED_AT) };
    expect(verifySignature(request({ rawBody: DOCUMENTED_BODY, headers: both, takes }))).toEqual({
      ok: false,
      reason: 'mismatch',
    });
  });
});

describe('signature v3', () => {
  const timestamp = String(SIGNED_AT);
  const signatureV3 = 'DxmVAjFNa2xfF3YgQjdZP6TNcok9k1oaH7UXombPtvw=';
  const headers = { signatureV3, timestamp };

  it("accepts HubSpot's documented vector", () => {
    expect(verifySignature(request({ rawBody: DOCUMENTED_BODY, headers }))).toEqual({
      ok: true,
      version: 'v3',
    });
  });

  it.each([
    ['5 minutes old', 300_000, true],
    ['older than 5 minutes', 300_001, false],
    ['1 minute ahead', -60_000, true],
    ['further ahead', -60_001, false],
  ])('of a request that is %s', (_, ageMs, ok) => {
    const verdict = verifySignature(request({ rawBody: DOCUMENTED_BODY, headers, nowMs: SIGNED_AT + ageMs }));
    expect(verdict).toEqual(ok ? { ok: true, version: 'v3' } : { ok: false, reason: 'stale' });
  });

  it.each(['', 'now', '-1', '1e12', 'NaN', 'Infinity', `${SIGNED_AT}.5`, ' '])(
    'takes %j for no timestamp',
    (text) => {
      expect(verifySignature(request({ headers: { signatureV3, timestamp: text } }))).toEqual({
        ok: false,
        reason: 'malformed',
      });
    },
  );

  it('is known to be wrong before the body is read, where its headers tell', () => {
    const right = { signatureV3, timestamp };
    expect(judgeHeaders(right, SIGNED_AT, ['v2'])).toBeUndefined();
    expect(judgeHeaders(right, SIGNED_AT + 3_600_000, ['v2'])).toBeUndefined(); // a clock may be wrong: the body must tell
    expect(judgeHeaders(right, SIGNED_AT + 3_600_001, ['v2'])).toBe('stale');
    expect(judgeHeaders({ ...right, timestamp: 'now' }, SIGNED_AT, ['v2'])).toBe('malformed');
    expect(judgeHeaders({ ...right, signatureV3: 'no' }, SIGNED_AT, ['v2'])).toBe('mismatch');
    expect(judgeHeaders({ signatureV3 }, SIGNED_AT, ['v2'])).toBe('missing');
    expect(judgeHeaders({}, SIGNED_AT, ['v2'])).toBe('missing');
    expect(judgeHeaders({ signature: 'no', signatureVersion: 'v2' }, SIGNED_AT, ['v2'])).toBe('mismatch');
    expect(judgeHeaders({ signature: 'a'.repeat(64), signatureVersion: 'v1' }, SIGNED_AT, ['v2'])).toBe(
      'unsupported_version',
    );
  });

  it('is stale only when it is right: a wrong one is wrong at any time', () => {
    const wrong = { ...headers, signatureV3: Buffer.alloc(32).toString('base64') };
    const nowMs = SIGNED_AT + 600_000;
    expect(verifySignature(request({ headers: wrong, nowMs }))).toEqual({ ok: false, reason: 'mismatch' });
  });

  it('wants a timestamp', () => {
    expect(verifySignature(request({ headers: { signatureV3 } }))).toEqual({ ok: false, reason: 'missing' });
  });

  it('never falls back to a good v2 when v3 fails', () => {
    const good = { signature: v2('POST', URI, DOCUMENTED_BODY), signatureVersion: 'v2' };
    expect(verifySignature(request({ rawBody: DOCUMENTED_BODY, headers: good })).ok).toBe(true);
    for (const wrong of ['', 'AAAA', v3('POST', URI, DOCUMENTED_BODY, timestamp, 'other')]) {
      const verdict = verifySignature(
        request({ rawBody: DOCUMENTED_BODY, headers: { ...good, signatureV3: wrong, timestamp } }),
      );
      expect(verdict).toEqual({ ok: false, reason: 'mismatch' });
    }
  });

  it('refuses spellings of the signature that a lenient base64 decoder would take', () => {
    for (const wrong of [
      `${signatureV3} `,
      signatureV3.slice(0, -1),
      `!${signatureV3}`,
      signatureV3.replaceAll('f', 'f\n'),
    ]) {
      const verdict = verifySignature(
        request({ rawBody: DOCUMENTED_BODY, headers: { signatureV3: wrong, timestamp } }),
      );
      expect(verdict).toEqual({ ok: false, reason: 'mismatch' });
    }
  });

  it('decodes exactly the twelve that HubSpot decodes, in either case, once', () => {
    expect(decodeUri('https://a.b/x%3A%2F%3F%40%21%24%27%28%29%2A%2C%3B?q=1')).toBe(
      "https://a.b/x:/?@!$'()*,;?q=1",
    );
    expect(decodeUri('/%3a%2f%3f%2a%2c%3b')).toBe('/:/?*,;');
    expect(decodeUri('/%20%26%3D%2B%25%23%253A%E2%82%AC%zz%')).toBe('/%20%26%3D%2B%25%23%253A%E2%82%AC%zz%');
  });

  it('accepts what was signed over the decoded URI, and any bytes in the body', () => {
    fc.assert(
      fc.property(
        fc.webPath(),
        fc.webQueryParameters(),
        fc.uint8Array(),
        fc.string(),
        (path, query, bytes, other) => {
          const uri = `https://sluice.example.com${path}?${query}`;
          const rawBody = Buffer.from(bytes);
          const signed = { signatureV3: v3('POST', decodeUri(uri), rawBody, timestamp), timestamp };
          expect(verifySignature(request({ uri, rawBody, headers: signed }))).toEqual({
            ok: true,
            version: 'v3',
          });
          fc.pre(other !== '');
          expect(
            verifySignature(
              request({ uri, rawBody: Buffer.concat([rawBody, Buffer.from(other)]), headers: signed }),
            ).ok,
          ).toBe(false);
        },
      ),
    );
  });

  it('never throws, whatever the headers', () => {
    const header = fc.option(
      fc.oneof(fc.string({ unit: 'binary' }), fc.base64String(), fc.constantFrom('v1', 'v2', timestamp)),
      { nil: undefined },
    );
    fc.assert(
      fc.property(
        header,
        header,
        header,
        header,
        fc.string(),
        (signature, signatureVersion, three, time, uri) => {
          const verdict = verifySignature(
            request({ uri, headers: { signature, signatureVersion, signatureV3: three, timestamp: time } }),
          );
          expect(verdict.ok).toBe(false);
        },
      ),
    );
  });
});
