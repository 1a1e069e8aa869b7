import { BEGINNING, placeOfChange, type FeedPlace, type StoredChange } from '../../db/crm/changes.js';
import { readInstallations } from '../../db/installation/installations.js';
import type { Queryable } from '../../db/pool.js';
import { writePosition, type FeedPosition } from '../../domain/crm/feedPosition.js';

/** Positions name an installation by its id, places of the database by its number. */
export interface FeedPlaces {
  /** The installation that this database is, as its number. */
  readonly now: number;
  readonly beginning: FeedPlace;
  /**
   * Where a reader goes on. Of an installation that a restore has undone it had read all that came before, so what is
   * of the present one follows.
   */
  placeOf(position: FeedPosition): FeedPlace;
  /** A position is of before a restore. */
  isOfBefore(position: FeedPosition): boolean;
  write(place: FeedPlace): string;
  positionOf(change: StoredChange): string;
}

export async function readFeedPlaces(db: Queryable): Promise<FeedPlaces> {
  const installations = await readInstallations(db);
  const now = installations.length;
  const nameOf = (generation: number) => installations[generation - 1]?.id ?? '';
  const write = ({ generation, transaction, change }: FeedPlace) =>
    writePosition({ installation: nameOf(generation), transaction, change });
  return {
    now,
    beginning: { generation: now, ...BEGINNING },
    placeOf({ installation, transaction, change }) {
      const at = installations.findIndex(({ id }) => id === installation);
      return at < 0 ? { generation: now, ...BEGINNING } : { generation: at + 1, transaction, change };
    },
    isOfBefore: ({ installation }) => installation !== nameOf(now),
    write,
    positionOf: (change) => write(placeOfChange(change)),
  };
}
