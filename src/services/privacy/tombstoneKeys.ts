import { createHmac, randomBytes } from 'node:crypto';
import { findTombstoneSecret, storeTombstoneSecret } from '../../db/privacy/erasures.js';
import type { Pool } from '../../db/pool.js';
import type { TombstoneKey, TombstoneKeys } from '../../db/tombstoneKey.js';
import { createLoadingCache } from '../../platform/cache.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { AppError } from '../../platform/errors.js';
import { tombstoneSecretContext } from '../../secrets/encryptionContext.js';
import type { Sealing } from '../../secrets/sealing.js';

const SECRET_BYTES = 32;
/** Of HMAC-SHA256: RFC 2104. */
const BLOCK_BYTES = 64;
const [INNER, OUTER] = [0x36, 0x5c];
/** It never changes while there is one. */
const CACHE = { max: 1000, ttlMs: 5 * 60_000 };

export function createTombstoneKeys({
  pool,
  sealing,
}: {
  readonly pool: Pool;
  readonly sealing: Pick<Sealing, 'seal' | 'open'>;
}): TombstoneKeys {
  const known = createLoadingCache(CACHE, async (workspaceId: string) => {
    const sealed = await findTombstoneSecret(pool, workspaceId);
    if (sealed === undefined)
      throw new AppError(
        'internal',
        `Workspace ${workspaceId} has no key of tombstones: nothing was erased there`,
      );
    const secret = await sealing.open(sealed, tombstoneSecretContext(workspaceId));
    return tombstoneKey(Buffer.from(secret.reveal(), 'base64'));
  });
  const of = (workspaceId: string) => known.get(workspaceId);

  return {
    of,
    async make(workspaceId) {
      if ((await findTombstoneSecret(pool, workspaceId)) === undefined) {
        const secret = randomBytes(SECRET_BYTES).toString('base64');
        const sealed = await sealing.seal(secret, tombstoneSecretContext(workspaceId));
        await storeTombstoneSecret(pool, workspaceId, sealed);
        crashPoint('privacy.key.made');
      }
      return of(workspaceId);
    },
  };
}

export function tombstoneKey(secret: Buffer): TombstoneKey {
  const block = Buffer.concat([secret], BLOCK_BYTES);
  const under = (pad: number) => block.map((byte) => byte ^ pad);
  return {
    setting: Buffer.concat([under(INNER), under(OUTER)]).toString('hex'),
    mark: (portalId, objectType, recordId) =>
      createHmac('sha256', secret).update(`${portalId}/${objectType}/${recordId}`).digest(),
  };
}
