import type { CrashRoom } from './crashRoom.js';
import type { Label } from './labels.js';
import type { Run } from './runLabels.js';

/** What a person asked for; nothing: every label. */
export interface Wanted {
  /** Labels, or the beginnings of labels: `throttle.release`; with the passing: `throttle.release.settled:3`. */
  readonly labels?: readonly string[];
  readonly room?: string;
  /** A third of the labels, by the number of commits; and those of rooms of which a file changed. */
  readonly third?: number;
  readonly changed?: readonly string[];
}

export const THIRDS = 3;
/** So many at a time beside everything else that a commit is tested with: some four minutes on two quiet cores. */
const MOST_BY_THIRDS = 40;

export interface Chosen {
  readonly labels: readonly Label[];
  /** How many of the rooms that changed are left to the next commits. */
  readonly left: number;
}

/** The labels to be run, in their order. Throws, in words for a person, for what names none. */
export function choose(
  labels: readonly Label[],
  rooms: readonly CrashRoom[],
  wanted: Wanted,
  most = MOST_BY_THIRDS,
): Chosen {
  const { labels: names = [], room, third, changed = [] } = wanted;
  if (room !== undefined && !rooms.some(({ name }) => name === room))
    throw new Error(`There is no room ${room}. There are: ${rooms.map(({ name }) => name).join(' ')}`);
  const unknown = names.find((name) => !labels.some(({ label }) => isNamed(label, name)));
  if (unknown !== undefined) throw new Error(`There is no crash point ${unknown}. --list shows them.`);
  const asked = labels.filter(
    (one) =>
      (room === undefined || one.room === room) &&
      (names.length === 0 || names.some((name) => isNamed(one.label, name))),
  );
  if (third === undefined) return { labels: asked, left: 0 };
  const changedRooms = rooms.filter((one) => changed.some((file) => isOf(one, file))).map(({ name }) => name);
  const inTurn = asked.filter((one) => labels.indexOf(one) % THIRDS === third % THIRDS);
  const others = asked.filter((one) => !inTurn.includes(one) && changedRooms.includes(one.room));
  const place = Math.max(0, most - inTurn.length);
  // Others with each commit, where not all of them find a place.
  const from = others.length > place ? (third * place) % others.length : 0;
  const more = [...others.slice(from), ...others.slice(0, from)].slice(0, place);
  return {
    labels: asked.filter((one) => inTurn.includes(one) || more.includes(one)),
    left: others.length - more.length,
  };
}

function isNamed(label: string, words: string): boolean {
  const [name = ''] = words.split(':');
  return label === name || label.startsWith(`${name}.`);
}

/** In the order of the loads, which is that in which work passes the labels. */
export function runsOf(
  chosen: readonly Label[],
  rooms: readonly CrashRoom[],
  names: readonly string[],
): Run[] {
  const hitOf = (label: string) => Number(names.find((name) => isNamed(label, name))?.split(':')[1] ?? 1);
  return rooms.flatMap(({ loads }) =>
    loads.flatMap((load) =>
      load.reaches
        .filter((label) => chosen.some((one) => one.label === label))
        .map((label) => ({ label, hit: hitOf(label), load })),
    ),
  );
}

/** Whether a file is the room's: its code, its functions, or its crash points themselves. */
function isOf({ name, alsoIn = [] }: CrashRoom, file: string): boolean {
  return (
    new RegExp(`^src/\\w+/${name}/`).test(file) ||
    [`migrations/functions/${name}/`, `test/crashpoints/${name}`, ...alsoIn].some((place) =>
      file.startsWith(place),
    )
  );
}

/** What is wrong with the registration: labels of no load or of two, and loads that name labels which are not there. */
export function registrationProblems(labels: readonly Label[], rooms: readonly CrashRoom[]): string[] {
  const known = new Set(labels.map(({ label }) => label));
  const reached = rooms.flatMap(({ name, loads }) =>
    loads.flatMap((load) => load.reaches.map((label) => ({ label, room: name, load: load.name }))),
  );
  return [
    ...labels
      .filter(({ label }) => !reached.some((one) => one.label === label))
      .map(({ label, files }) => `${label} (${files.join(', ')}) is in no load, so that nothing reaches it`),
    ...reached
      .filter(({ label }, n) => reached.findIndex((one) => one.label === label) !== n)
      .map(({ label, load }) => `${label} is in "${load}" and in another load`),
    ...reached
      .filter(({ label }) => !known.has(label))
      .map(({ label, load }) => `${label}, in "${load}", is not in the source any more`),
    ...reached
      .filter(({ label, room }) => label.split('.')[0] !== room)
      .map(({ label, room }) => `${label} is registered by ${room}, whose labels begin with its name`),
  ];
}
