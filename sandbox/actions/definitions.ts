import type { Clock } from '../platform/clock.js';
import type { Definition } from './definitionInput.js';

/** A definition as it was at one time. Steps keep the one with which they were made. */
export interface Revision {
  readonly revisionId: number;
  readonly createdAtEpochMs: number;
  readonly definition: Definition;
}

/** One of the app's definitions. */
export interface Defined {
  readonly id: number;
  /** The newest last. */
  readonly revisions: Revision[];
  archivedAtEpochMs: number | null;
  requiresObject: boolean;
}

const FIRST_ID = 33_900_001;

/** The definitions of the app's actions. */
export class Definitions {
  /** A token of the app's developer account; the key is a setting. */
  readonly developerToken = 'sandbox-developer-token';
  private readonly all = new Map<number, Defined>();
  private nextId = FIRST_ID;

  constructor(private readonly clock: Pick<Clock, 'epochMs'>) {}

  list({ archived }: { archived: boolean }): Defined[] {
    return [...this.all.values()].filter((one) => (one.archivedAtEpochMs !== null) === archived);
  }

  find(id: number): Defined | undefined {
    return this.all.get(id);
  }

  create(definition: Definition): Defined {
    const made: Defined = {
      ...{ id: this.nextId++, archivedAtEpochMs: null, requiresObject: true },
      revisions: [{ revisionId: 1, createdAtEpochMs: this.clock.epochMs(), definition }],
    };
    this.all.set(made.id, made);
    return made;
  }

  change(defined: Defined, definition: Definition): void {
    const revisionId = newest(defined).revisionId + 1;
    defined.revisions.push({ revisionId, createdAtEpochMs: this.clock.epochMs(), definition });
  }

  archive(defined: Defined): void {
    defined.archivedAtEpochMs ??= this.clock.epochMs();
  }
}

export function newest({ revisions }: Defined): Revision {
  const last = revisions.at(-1);
  if (!last) throw new Error('A definition has no revision');
  return last;
}
