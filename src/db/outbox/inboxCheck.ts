import { NotKnown, Unable, type HealthCheck } from '../../platform/health.js';
import type { Pool } from '../pool.js';

/** The inbox in a database of the application's: events are read and removed there. */
export function inboxCheck(theirs: Pool): HealthCheck {
  return async () => {
    const { rows } = await theirs
      .query<{ may: boolean | null; isReadOnly: boolean }>(
        `SELECT has_table_privilege(to_regclass('outbox_inbox'), 'SELECT')
                  AND has_table_privilege(to_regclass('outbox_inbox'), 'DELETE') AS may,
                current_setting('transaction_read_only') = 'on' AS "isReadOnly"`,
      )
      .catch((cause: unknown) => {
        throw new NotKnown('The database of OUTBOX_DATABASE_URL does not answer', { cause });
      });
    const [found] = rows;
    if (found?.may == null) throw new Unable('There is no inbox in the database of OUTBOX_DATABASE_URL');
    if (!found.may)
      throw new Unable('The login of OUTBOX_DATABASE_URL may not read and remove events of the inbox');
    if (found.isReadOnly) throw new Unable('The database of OUTBOX_DATABASE_URL is read-only');
  };
}
