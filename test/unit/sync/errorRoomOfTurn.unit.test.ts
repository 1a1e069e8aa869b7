import { describe, expect, it } from '@jest/globals';
import { errorRoomOfTurn } from '../../../src/services/sync/errorRoom.js';

describe('the room for errors of a turn', () => {
  it('is less by each that was made in it, and read once', async () => {
    let failed = 7;
    let reads = 0;
    const room = errorRoomOfTurn(
      () => Promise.resolve(((reads += 1), 10)),
      () => failed,
    );
    expect(await room()).toBe(10);
    failed += 4;
    expect(await room()).toBe(6);
    failed += 40;
    expect(await room()).toBe(0);
    expect(reads).toBe(1);
  });
});
