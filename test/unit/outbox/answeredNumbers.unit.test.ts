import { describe, expect, it } from '@jest/globals';
import { parseJson } from '../../../src/hubspot/wire/json.js';
import {
  associationsRead,
  pairsShown,
  recordsOf,
  textOf,
} from '../../../src/services/outbox/delivery/answeredRecord.js';
import { isSameValue } from '../../../src/services/outbox/delivery/sameValue.js';

const LONG = '750727362669608961';

describe('a number in an answer of HubSpot', () => {
  it('keeps its digits, as an id and as a value', () => {
    const [record] = recordsOf(
      parseJson(`{"results":[{"id":${LONG},"properties":{"no":${LONG},"few":1e21}}]}`),
    );
    expect(record).toMatchObject({ id: LONG });
    expect(textOf(record!, 'no')).toBe(LONG);
    expect(textOf(record!, 'few')).toBe('1000000000000000000000');
  });

  it('keeps them in associations', () => {
    const pair = parseJson(`{"results":[{"from":{"id":${LONG}},"to":{"id":"2"}}]}`);
    expect(pairsShown(pair)).toEqual([{ from: LONG, to: '2' }]);
    const read = parseJson(
      `{"results":[{"from":{"id":"1"},"to":[{"toObjectId":${LONG},"associationTypes":[]}]}]}`,
    );
    expect(associationsRead(read).records[0]?.to[0]).toMatchObject({ toObjectId: LONG });
  });

  it('is another one when it differs in its last digit, however it is written', () => {
    expect(isSameValue(LONG, '750727362669608962')).toBe(false);
    expect(isSameValue('12.50', '12.5')).toBe(true);
    expect(isSameValue('1705276800000', '2024-01-15')).toBe(true);
    expect(isSameValue('2024-01-15T00:00:00Z', '1705276800000')).toBe(true);
  });
});
