import { bigint, customType, timestamp, uuid } from 'drizzle-orm/pg-core';

/*
 * Columns that many tables have. Every tenant table carries `workspace_id`, so that row-level security can be forced on
 * it, and is used by the role `sluice_app`, which owns nothing. Times are the database's (docs/laws.md, law 7). Ids are
 * bigints that grow with time, so one keyset orders waiting and finished executions alike.
 */

export const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
export const id = () => bigint({ mode: 'bigint' });
export const hubspotId = () => bigint({ mode: 'number' });
export const instant = () => timestamp({ withTimezone: true, mode: 'date' });
export const workspaceId = () => uuid().notNull();
export const transactionId = customType<{ data: string }>({ dataType: () => 'xid8' });
