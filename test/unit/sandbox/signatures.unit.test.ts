import { describe, expect, it } from '@jest/globals';
import { createSigner, decodeUri, signV2, signV3 } from '../../../sandbox/throttle/signatures.js';

const SECRET = 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy';
const URI = 'https://www.example.com/webhook_uri';

describe('signatures', () => {
  it("gives HubSpot's published v2 value", () => {
    expect(signV2(SECRET, 'GET', URI, '')).toBe(
      'eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e',
    );
  });

  it("gives HubSpot's published v3 value", () => {
    const body =
      '[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,' +
      '"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM",' +
      '"changeFlag":"NEW","appId":54321}]';
    expect(signV3(SECRET, 'POST', URI, body, '1564113600000')).toBe(
      'DxmVAjFNa2xfF3YgQjdZP6TNcok9k1oaH7UXombPtvw=',
    );
  });

  it('decodes exactly the escapes that v3 decodes', () => {
    expect(decodeUri('/a%3A%2F%3f%40%21%24%27%28%29%2A%2c%3B/z?q=1')).toBe("/a:/?@!$'()*,;/z?q=1");
    expect(decodeUri('/a%20b%25%26%3D%23%2B%C3%A4')).toBe('/a%20b%25%26%3D%23%2B%C3%A4');
    // Only once: %253A is an escaped %3A.
    expect(decodeUri('%253A')).toBe('%253A');
  });

  it('signs v3 over the decoded URI and v2 over the URI as it is sent', () => {
    const sent = 'https://a.example/x%3Ay';
    expect(signV3(SECRET, 'POST', sent, '', '1')).toBe(
      signV3(SECRET, 'POST', 'https://a.example/x:y', '', '1'),
    );
    expect(signV2(SECRET, 'POST', sent, '')).not.toBe(signV2(SECRET, 'POST', 'https://a.example/x:y', ''));
  });

  it('sends the headers of the kind that was asked for', () => {
    const names = (kind: 'v2' | 'v3' | 'both') =>
      createSigner(kind, SECRET, 'POST', URI, () => 1)
        .headers('{}')
        .filter((_, index) => index % 2 === 0);
    const v2 = ['x-hubspot-signature', 'x-hubspot-signature-version'];
    const v3 = ['x-hubspot-signature-v3', 'x-hubspot-request-timestamp'];
    expect(names('v2')).toEqual(v2);
    expect(names('v3')).toEqual(v3);
    expect(names('both')).toEqual([...v2, ...v3]);
  });
});
