import type { PersonalData } from '../../db/personalData.js';
import { placesOf } from '../../services/privacy/places.js';
import { createTombstoneKeys } from '../../services/privacy/tombstoneKeys.js';
import type { ApiCore } from '../core.js';
import { operationsRouter } from '../http/operationsRouter.js';
import type { ApiRoom } from '../room.js';
import { ERASURE_OPERATIONS } from './erasureOperations.js';
import { STORED_OPERATIONS } from './storedOperations.js';

/** What is stored of one person, and how it is erased. */
export function createPrivacyRoom(core: ApiCore, personalData: PersonalData): ApiRoom {
  const { pool, logger, sealing } = core;
  const erasures = { pool, logger, tombstones: createTombstoneKeys(core) };
  const stored = { pool, sealing, places: placesOf(personalData) };
  return {
    keyed: [
      { path: '/erasures', router: operationsRouter('/erasures', ERASURE_OPERATIONS, erasures, core) },
      { path: '/stored', router: operationsRouter('/stored', STORED_OPERATIONS, stored, core) },
    ],
  };
}
