import { describe, expect, it } from '@jest/globals';
import type { StepView } from '../../../src/db/register/registrations.js';
import { newPairs } from '../../../src/services/register/newPairs.js';

const NOW = Date.parse('2027-01-01T12:00:00Z');
const OWN = { properties: {} };
const NAMED = { properties: {}, externalId: 'x' };
const step = (name: string, made: boolean[], agoMs = 1000): StepView => ({
  ...{ n: 1, step: name, state: 'done', tries: 1, doubts: 0, failures: null },
  ...{ recordIds: made.map(() => '1'), made, resolvedAt: new Date(NOW - agoMs) },
});
const pair = (before: StepView[], deals = [OWN], fence = 1) =>
  newPairs('contact-deals', { deals, tickets: [] }, { fence, nowMs: NOW, before })(0, 0);

describe('two records of a registration', () => {
  it.each([
    ['both were made', [step('contact', [true]), step('deals', [true])], [OWN], true],
    ['the deal alone was made', [step('contact', [false]), step('deals', [true])], [OWN], true],
    [
      'the deal alone was made, and others name it',
      [step('contact', [false]), step('deals', [true])],
      [NAMED],
      false,
    ],
    [
      'both were made, and others name the deal',
      [step('contact', [true]), step('deals', [true])],
      [NAMED],
      true,
    ],
    ['the contact alone was made', [step('contact', [true]), step('deals', [false])], [OWN], false],
    ['it is not known', [step('contact', []), step('deals', [])], [OWN], false],
    [
      'they were made long ago',
      [step('contact', [true], 60_000), step('deals', [true], 60_000)],
      [OWN],
      false,
    ],
  ])('%s', (_, before, deals, isNew) => {
    expect(pair(before, deals)).toBe(isNew);
  });

  it('that this step has associated before, perhaps, are not new', () => {
    expect(pair([step('contact', [true]), step('deals', [true])], [OWN], 2)).toBe(false);
  });
});
