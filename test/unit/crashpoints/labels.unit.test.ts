import { describe, expect, it } from '@jest/globals';
import { registrationProblems } from '../../crashpoints/choose.js';
import { labelsIn, sources } from '../../crashpoints/labels.js';
import { CRASH_ROOMS } from '../../crashpoints/rooms.js';

describe('crash points', () => {
  it('are read from the source, a label that stands in several places as one', () => {
    const files = new Map([
      ['src/b.ts', "await a();\ncrashPoint('throttle.release.settled');\n"],
      ['src/a.ts', "crashPoint('throttle.release.settled'); crashPoint('outbox.claim.taken');"],
    ]);
    expect(labelsIn(files)).toEqual([
      { label: 'outbox.claim.taken', room: 'outbox', files: ['src/a.ts'] },
      { label: 'throttle.release.settled', room: 'throttle', files: ['src/b.ts', 'src/a.ts'] },
    ]);
  });

  it.each([
    'crashPoint(label)',
    "crashPoint('throttle')",
    "crashPoint('Throttle.a.b')",
    'crashPoint(`a.b.c`)',
  ])('refuse %s, which the command could not find', (call) => {
    expect(() => labelsIn(new Map([['src/a.ts', `${call};`]]))).toThrow("is to name 'room.subject.event'");
  });

  it('of the source are each reached by one load of their room, and no load names others', () => {
    const labels = labelsIn(sources());
    expect(labels.length).toBeGreaterThan(10);
    expect(registrationProblems(labels, CRASH_ROOMS)).toEqual([]);
  });

  it('that no load reaches, or that are not there, are named', () => {
    const load = { name: 'work', process: 'worker', prepare: () => Promise.reject(new Error()) } as const;
    const rooms = [
      { name: 'outbox', loads: [{ ...load, reaches: ['outbox.a.b', 'outbox.a.b', 'outbox.no.more'] }] },
    ];
    const labels = labelsIn(
      new Map([['src/a.ts', "crashPoint('outbox.a.b'); crashPoint('outbox.left.out')"]]),
    );
    expect(registrationProblems(labels, rooms)).toEqual([
      'outbox.left.out (src/a.ts) is in no load, so that nothing reaches it',
      'outbox.a.b is in "work" and in another load',
      'outbox.no.more, in "work", is not in the source any more',
    ]);
  });
});
