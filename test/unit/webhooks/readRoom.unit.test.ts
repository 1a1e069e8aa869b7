import { describe, expect, it } from '@jest/globals';
import { createReadRoom } from '../../../src/db/webhooks/readRoom.js';

const contacts = { portalId: 100, objectType: 'contacts' };
const named = (count: number) => Array.from({ length: count }, () => contacts);

function setup() {
  let nowMs = 1000;
  const room = createReadRoom({ now: () => nowMs });
  return {
    counted: (waiting: number, mostAlone = 5000) => room.counted(contacts, waiting, mostAlone),
    enter: (count: number) => room.enter(named(count))(contacts),
    wait: (ms: number) => (nowMs += ms),
    room,
  };
}

describe('how many records of a type wait', () => {
  it('is counted by the first commit, and not again by those after it for half a second', () => {
    const { enter, counted, wait } = setup();
    expect(enter(10)).toBeUndefined();
    counted(0);
    expect(enter(10)).toBe(false);
    wait(400);
    expect(enter(10)).toBe(false);
    wait(200);
    expect(enter(10)).toBeUndefined();
  });

  it('is counted again before what many processes have named since could be more than may wait', () => {
    const { enter, counted } = setup();
    counted(4200);
    let entered = 0;
    while (enter(10) === false) entered += 10;
    expect(entered).toBe(100);
    expect(8 * entered).toBeLessThanOrEqual(800);
  });

  it('is counted by each commit where few more may wait', () => {
    const { enter, counted } = setup();
    counted(4996);
    expect(enter(1)).toBeUndefined();
  });

  it('is not asked for a while where they are too many: what is named is looked for together', () => {
    const { enter, counted, wait } = setup();
    counted(5000);
    expect(enter(1000)).toBe(true);
    expect(enter(1000)).toBe(true);
    wait(600);
    expect(enter(1)).toBeUndefined();
  });

  it('says nothing of another type or portal', () => {
    const { room, counted } = setup();
    counted(5000);
    const others = [
      { portalId: 100, objectType: 'deals' },
      { portalId: 101, objectType: 'contacts' },
    ];
    const verdict = room.enter([contacts, ...others]);
    expect([contacts, ...others].map(verdict)).toEqual([true, undefined, undefined]);
  });
});
