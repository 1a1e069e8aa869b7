import {
  adoptInstallation,
  readInstallation,
  readInstallations,
  type InstallationNow,
} from '../../db/installation/installations.js';
import type { Pool } from '../../db/pool.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { AppError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import { leaveMark, readMark, type InstallationMark } from '../../temporal/installation/mark.js';
import type { TemporalConnection } from '../../temporal/connection.js';

interface Dependencies {
  readonly pool: Pool;
  readonly temporal: Pick<TemporalConnection, 'scheduleArgs' | 'setScheduleArgs'>;
  readonly logger: Logger;
  readonly namespace: string;
}

/**
 * Finds out whether this database was restored or copied since it was last seen, and gives it a new installation id
 * then: by where it is, and by the numbers that Temporal knows it to have given. Rejects with `conflict` when another
 * installation has the Temporal namespace. `force`: somebody says that it was restored, and that the namespace is ours.
 */
export async function settleInstallation(
  { pool, temporal, logger, namespace }: Dependencies,
  { force = false }: { readonly force?: boolean } = {},
): Promise<InstallationNow> {
  let now = await readNow(pool);
  const mark = await readMark(temporal);
  const reason = force ? 'Somebody said that it was restored' : await reasonToChange(pool, now, mark);
  if (reason === 'another') throw another(namespace, now, mark);
  if (reason !== undefined) {
    const lastKnown = Math.max(now.lastEventId, mark?.lastEventId ?? 0);
    const former = now.id;
    await adoptInstallation(pool, { seen: former, reason, lastKnown });
    crashPoint('installation.change.adopted');
    now = await readNow(pool);
    logger.warn('The database was restored or copied: this is another installation from here on', {
      reason,
      former,
      installation: now.id,
    });
  }
  const { id: installation, place, lastEventId } = now;
  if (mark?.installation !== installation || mark.lastEventId < lastEventId || mark.place !== place)
    await leaveMark(temporal, { installation, place, lastEventId });
  return now;
}

/** Rejects with `conflict` when another installation has the namespace; changes nothing. */
export async function refuseForeignNamespace({
  pool,
  temporal,
  namespace,
}: Pick<Dependencies, 'pool' | 'temporal' | 'namespace'>): Promise<void> {
  const now = await readInstallation(pool);
  const mark = await readMark(temporal);
  if (now && (await reasonToChange(pool, now, mark)) === 'another') throw another(namespace, now, mark);
}

async function readNow(pool: Pool): Promise<InstallationNow> {
  const now = await readInstallation(pool);
  if (now) return now;
  throw new AppError('unavailable', 'The database has no installation id yet: run `npm run migrate`');
}

async function reasonToChange(
  pool: Pool,
  now: InstallationNow,
  mark: InstallationMark | undefined,
): Promise<string | undefined> {
  // A copy beside its original and a database that was restored elsewhere look alike: a person has to say which it is.
  if (mark && databaseOf(mark.place) !== databaseOf(now.place)) return 'another';
  if (mark && !(await readInstallations(pool)).some(({ id }) => id === mark.installation))
    return 'Temporal knows a later installation of this database';
  if (now.moved) return 'It is in another place, or on another timeline';
  if (mark && mark.lastEventId > now.lastEventId)
    return `Temporal knows of event ${mark.lastEventId}, and the database of none after ${now.lastEventId}`;
  return undefined;
}

/** Server and database, without the timeline. */
function databaseOf(place: string): string {
  return place.split('/').slice(0, 2).join('/');
}

function another(namespace: string, now: InstallationNow, mark: InstallationMark | undefined): AppError {
  return new AppError(
    'conflict',
    `The Temporal namespace "${namespace}" is that of installation ${mark?.installation} (database ${mark?.place}); this one is ${now.id} (database ${now.place}). ` +
      "Two on one namespace take each other's workflows: give each a namespace of its own (TEMPORAL_NAMESPACE). " +
      'If this database is a restored copy of that one, and that one is gone: npx sluice installation restored',
  );
}
