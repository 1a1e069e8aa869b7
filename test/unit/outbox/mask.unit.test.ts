import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { maskMessage, maskText, maskValue } from '../../../src/domain/outbox/mask.js';
import { describeRequest } from '../../../src/activities/outbox/describeRequest.js';
import { readRequest } from '../../../src/services/outbox/delivery/requestBuilders.js';

const VERSIONS = { HUBSPOT_API_VERSION: '2026-03', HUBSPOT_API_VERSIONS: {} } as const;

describe('describeRequest', () => {
  it('shows the exact request with personal data masked', () => {
    const line = describeRequest(
      {
        resource: 'upsertObjects',
        params: { objectType: 'contacts' },
        body: {
          inputs: [
            {
              id: 'ann@example.com',
              idProperty: 'email',
              objectWriteTraceId: '42/0',
              properties: {
                firstname: 'Ann',
                lastname: 'Smith',
                phone: '+41 79 123 45 67',
                sluice_nova_earned: '150',
                hs_note_body: 'Ann called',
              },
            },
          ],
        },
      },
      VERSIONS,
    );
    expect(line).toBe(
      '[DRY-RUN] POST /crm/objects/2026-03/contacts/batch/upsert {"inputs":[{"id":"[email]","idProperty":"email","objectWriteTraceId":"42/0","properties":{"firstname":"[masked]","lastname":"[masked]","phone":"[masked]","sluice_nova_earned":"150","hs_note_body":"[masked]"}}]}',
    );
  });

  it('cuts what is long', () => {
    const request = readRequest(
      'contacts',
      'email',
      Array.from({ length: 2000 }, (_, n) => `c${n}@example.com`),
      ['email'],
    );
    const line = describeRequest(request, VERSIONS);
    expect(line).toMatch(/^\[DRY-RUN\] POST \/crm\/objects\/2026-03\/contacts\/batch\/read \{/);
    expect(line.length).toBeLessThan(8200);
  });
});

describe('masking', () => {
  it('takes a time that grows with the text and not with its square, whatever the text', () => {
    const LENGTH = 60_000;
    const attacks = [
      'x',
      'a.b',
      '"',
      '\\"',
      '“',
      '<',
      '+1 (',
      '11-11-1- ',
      '1 2 3 4 5 6 7-',
      '@',
      'a@',
      '0',
      'é ',
    ];
    for (const part of attacks) {
      const text = part.repeat(LENGTH / part.length);
      const from = performance.now();
      maskText(text);
      maskMessage(text);
      maskValue({ [text]: [text] });
      // It took seconds; a few milliseconds are usual.
      expect({ part, inTime: performance.now() - from < 500 }).toEqual({ part, inTime: true });
    }
  });

  it('leaves of JSON in a message what helps: its codes, and the properties that they are about', () => {
    const entry = (error: string, name: string) => ({
      isValid: false,
      message: `Ann Smith is not a value of "${name}"`,
      ...{ error, name, localizedErrorMessage: 'Ann Smith', portalId: 41000009 },
    });
    const entries = [entry('PROPERTY_DOESNT_EXIST', 'nickname'), entry('INVALID_EMAIL', 'email')];
    expect(maskMessage(`Property values were not valid: ${JSON.stringify(entries)}`)).toBe(
      'Property values were not valid: PROPERTY_DOESNT_EXIST (nickname), INVALID_EMAIL (email)',
    );
    expect(maskMessage(`It is wrong: ${JSON.stringify(entries[0])} Mend it.`)).toBe(
      'It is wrong: PROPERTY_DOESNT_EXIST (nickname) Mend it.',
    );
    for (const foreign of [
      '[{"name":"ann","message":"Ann Smith"}]',
      '{"error":"Ann Smith is wrong"}',
      '[{"error":"TOO_LONG","name":"Ann Smith"},{"na',
      '{"Ann',
    ])
      expect(maskMessage(`wrong: ${foreign}`)).toBe('wrong: …');
    expect(maskMessage('wrong: [{"error":"TOO_LONG","name":"Ann Smith"}]')).toBe('wrong: TOO_LONG');
  });

  it('keeps neither what is cut off nor half of an address', () => {
    const masked = maskMessage(
      `${'word '.repeat(399)}x ann.smith@example.com and more ${'word '.repeat(99)}`,
    );
    expect(masked.length).toBeLessThan(2100);
    expect(masked).not.toMatch(/ann|smith/);
    expect(maskMessage('it says "Ann Smi')).toBe('it says "…"');
  });

  it('leaves no mail address, wherever it stands', () => {
    const local = fc.stringMatching(/^[a-z0-9.+_-]{1,12}$/);
    fc.assert(
      fc.property(fc.jsonValue(), local, fc.constantFrom('x', 'email', 'Some Key'), (other, name, key) => {
        const address = `${name}@mail.example.org`;
        const masked = JSON.stringify(
          maskValue({ [key]: [`to ${address}, please`], [address]: other, deep: { a: { b: address } } }),
        );
        expect(masked).not.toContain(address);
      }),
    );
  });

  it.each(['+41 79 123 45 67', '+1-555-123-4567', '(030) 123 45 67', '0791234567', '+491711234567'])(
    'masks the phone number %s',
    (number) => {
      expect(maskText(`call ${number} now`)).toBe('call [phone] now');
    },
  );

  it.each([
    '2026-10-01T10:20:30.000Z',
    '2026-10-01',
    '541935488729',
    '1790000000000',
    '42/0',
    'A-1001',
    'pe4711_seen',
  ])('leaves %s', (text) => {
    expect(maskText(text)).toBe(text);
  });

  it('masks by the name of the key, also what lies in it', () => {
    expect(
      maskValue({
        firstname: 'Ann',
        Phone: 123,
        name: { first: 'A', last: 'B' },
        dealname: 'Ann buys',
        eventName: 'pe1_x',
        amount: 5,
        city: '',
      }),
    ).toEqual({
      firstname: '[masked]',
      Phone: '[masked]',
      name: { first: '[masked]', last: '[masked]' },
      dealname: '[masked]',
      eventName: 'pe1_x',
      amount: 5,
      city: '',
    });
  });
});
