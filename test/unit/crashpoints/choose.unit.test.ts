import { describe, expect, it } from '@jest/globals';
import { choose, runsOf } from '../../crashpoints/choose.js';
import type { CrashRoom, Load } from '../../crashpoints/crashRoom.js';
import type { Label } from '../../crashpoints/labels.js';

const load = (...reaches: string[]): Load => ({
  ...{ name: 'work', process: 'worker', reaches },
  prepare: () => Promise.reject(new Error('nothing is run')),
});
const ROOMS: readonly CrashRoom[] = [
  { name: 'outbox', loads: [load('outbox.send.noted', 'outbox.claim.taken')] },
  { name: 'tokens', alsoIn: ['src/hubspot/tokens/'], loads: [load('tokens.refresh.answered')] },
];
const LABELS: readonly Label[] = ['outbox.claim.taken', 'outbox.send.noted', 'tokens.refresh.answered'].map(
  (label) => ({ label, room: label.split('.')[0]!, files: [] }),
);
const chosen = (wanted: Parameters<typeof choose>[2]) =>
  choose(LABELS, ROOMS, wanted).labels.map(({ label }) => label);

describe('which crash points are run', () => {
  it('all, those of a room, or those that a label or its beginning names', () => {
    expect(chosen({})).toHaveLength(3);
    expect(chosen({ room: 'tokens' })).toEqual(['tokens.refresh.answered']);
    expect(chosen({ labels: ['outbox.send'] })).toEqual(['outbox.send.noted']);
    expect(chosen({ labels: ['outbox.claim.taken:3'] })).toEqual(['outbox.claim.taken']);
  });

  it('each in one third of three', () => {
    const thirds = [7, 8, 9].flatMap((third) => chosen({ third }));
    expect([...thirds].sort()).toEqual(LABELS.map(({ label }) => label));
    expect(chosen({ third: 4 })).toEqual(chosen({ third: 1 }));
  });

  it.each([
    [
      'its code on any floor',
      'src/activities/outbox/sendRun.ts',
      ['outbox.claim.taken', 'outbox.send.noted'],
    ],
    [
      'its functions',
      'migrations/functions/outbox/outbox_claim.sql',
      ['outbox.claim.taken', 'outbox.send.noted'],
    ],
    ['its loads', 'test/crashpoints/outbox.ts', ['outbox.claim.taken', 'outbox.send.noted']],
    ['what it says', 'src/hubspot/tokens/refresher.ts', ['outbox.claim.taken', 'tokens.refresh.answered']],
    ['nothing', 'src/hubspot/wire/paths.ts', ['outbox.claim.taken']],
  ])('with a third all of a room that changed in %s', (_, file, labels) => {
    expect(chosen({ third: 0, changed: [file] })).toEqual(labels);
  });

  it('of a room that changed others with each commit, where they are too many for one', () => {
    const changed = ['src/activities/outbox/sendRun.ts', 'src/hubspot/tokens/refresher.ts'];
    const turns = [1, 2, 3].map((third) => choose(LABELS, ROOMS, { third, changed }, 2));
    expect(turns.map(({ labels, left }) => [labels.length, left])).toEqual([
      [2, 1],
      [2, 1],
      [2, 1],
    ]);
    const run = new Set(turns.flatMap(({ labels }) => labels.map(({ label }) => label)));
    expect([...run].sort()).toEqual(LABELS.map(({ label }) => label));
  });

  it('in the order of the loads, at the passing that was asked for', () => {
    const all = choose(LABELS, ROOMS, {}).labels;
    expect(runsOf(all, ROOMS, ['outbox.claim:2']).map(({ label, hit }) => [label, hit])).toEqual([
      ['outbox.send.noted', 1],
      ['outbox.claim.taken', 2],
      ['tokens.refresh.answered', 1],
    ]);
  });

  it('none where a word names none', () => {
    expect(() => chosen({ labels: ['outbox.cl'] })).toThrow('There is no crash point outbox.cl');
    expect(() => chosen({ room: 'moon' })).toThrow('There is no room moon. There are: outbox tokens');
  });
});
