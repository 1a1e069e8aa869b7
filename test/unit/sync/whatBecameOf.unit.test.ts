import { describe, expect, it } from '@jest/globals';
import { whatBecameOf } from '../../../src/services/sync/deletes/whatBecameOf.js';
import type { HubSpotRecords } from '../../../src/services/sync/hubspotRecords.js';

const ids = Array.from({ length: 50 }, (_, n) => String(n + 1));

function asking() {
  const alone: string[] = [];
  const hubspot = {
    readBin: () => Promise.resolve([]),
    readOne: (id: string) => Promise.resolve(void alone.push(id)),
  } as unknown as HubSpotRecords;
  return { hubspot, alone };
}

describe('records that HubSpot shows nowhere', () => {
  it('are asked for alone as far as there is room for errors; of the others nothing is known', async () => {
    const { hubspot, alone } = asking();
    const how = { properties: [], readAt: new Date(), room: 8 };
    const { vanished, left } = await whatBecameOf(hubspot, ids, how);
    expect(alone).toHaveLength(8);
    expect([...vanished, ...left]).toEqual(ids);
    expect(left).toHaveLength(42);
  });

  it('have a room of their own where nobody is to be told of what the bin has', async () => {
    const { hubspot, alone } = asking();
    const how = { properties: [], readAt: new Date(), room: 0, roomForAbsent: 3 };
    expect((await whatBecameOf(hubspot, ids, how)).left).toHaveLength(47);
    expect(alone).toHaveLength(3);
  });
});
