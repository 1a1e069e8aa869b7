import type { ApiCore } from '../core.js';
import { operationsRouter } from '../http/operationsRouter.js';
import type { ApiRoom } from '../room.js';
import { SEARCH_OPERATIONS } from './searchOperations.js';

/** Finds things by their ids, as the other rooms know them. */
export function createSearchRoom(
  core: Pick<ApiCore, 'pool' | 'answerCheck' | 'sealing'>,
  rooms: readonly ApiRoom[],
): ApiRoom {
  const { pool } = core;
  const sources = rooms.flatMap(({ search = [] }) => search);
  return {
    keyed: [
      {
        path: '/search',
        router: operationsRouter('/search', SEARCH_OPERATIONS, { pool, sources }, core),
      },
    ],
  };
}
