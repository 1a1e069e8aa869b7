import { describe, expect, it } from '@jest/globals';
import { installationOf, keyAtHubSpot } from '../../../src/domain/installation/keyAtHubSpot.js';

const RANGES = [
  { id: 'a', fromEventId: '18' },
  { id: 'b', fromEventId: '1000000020' },
];

describe('the key that HubSpot gets', () => {
  it('names the installation that numbered the event, however often the database was restored since', () => {
    expect(
      ['17', '18', '1000000019', '1000000020', '9007199254740993'].map((id) => installationOf(id, RANGES)),
    ).toEqual([...[undefined, 'a', 'a', 'b', 'b']]);
    expect(installationOf('18', [])).toBeUndefined();
  });

  it('of an event from before installations had ids is the one under which it may have been sent', () => {
    expect(keyAtHubSpot('17/0', installationOf('17', RANGES))).toBe('17/0');
    expect(keyAtHubSpot('18/0', installationOf('18', RANGES))).toBe('a.18/0');
  });
});
