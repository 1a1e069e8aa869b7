import { describe, expect, it } from '@jest/globals';
import { adviceOnVersion } from '../../../src/db/serverVersion.js';

describe('the version of the database', () => {
  it('that is older than what is tested is said by migrate, and a newer one is not', () => {
    expect(adviceOnVersion(150_013)).toMatch(/^This is Postgres 15\. .* tested with 17/);
    expect(adviceOnVersion(169_999)).toMatch(/^This is Postgres 16\./);
    expect([adviceOnVersion(170_000), adviceOnVersion(180_001)]).toEqual([undefined, undefined]);
  });
});
