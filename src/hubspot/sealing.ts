import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import type { Config } from '../config.js';
import { AppError } from '../errors.js';
import { Secret } from '../secret.js';

/*
 * Secrets at rest: AES-256-GCM, written `v1.<keyId>.<iv>.<ciphertext>.<tag>` (base64url). The additional data names the
 * place where the value belongs, so that a sealed value copied to another row or column does not open.
 */

export interface Place {
  workspaceId: string;
  table: string;
  row: string | number;
  column: string;
}

export interface Sealing {
  /** Seals with the first key of the ring. */
  seal(plaintext: Secret | string, place: Place): string;
  /** Opens with whichever key sealed it. Throws an AppError that says which key is missing, or that the value is not genuine. */
  open(sealed: string, place: Place): Secret;
}

/** Where a portal's access token belongs. */
export function accessTokenPlace(workspaceId: string, portalId: number): Place {
  return { workspaceId, table: 'portals', row: portalId, column: 'access_token' };
}

const IV_BYTES = 12;
const TAG_BYTES = 16;

export function createSealing(keyring: Config['ENCRYPTION_KEYS']): Sealing {
  const keys = new Map<string, KeyObject>(
    keyring.map(({ id, key }) => [id, createSecretKey(Buffer.from(key.reveal(), 'base64'))]),
  );
  const first = keyring[0];
  const sealer = first && keys.get(first.id);
  if (!first || !sealer) throw new AppError('internal', 'ENCRYPTION_KEYS holds no key');

  return {
    seal(plaintext, place) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', sealer, iv).setAAD(additionalData(place));
      const text = typeof plaintext === 'string' ? plaintext : plaintext.reveal();
      const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return [
        'v1',
        first.id,
        ...[iv, ciphertext, cipher.getAuthTag()].map((part) => part.toString('base64url')),
      ].join('.');
    },

    open(sealed, place) {
      const [version, keyId = '', ...parts] = sealed.split('.');
      const [iv, ciphertext, tag] = parts.map((part) => Buffer.from(part, 'base64url'));
      if (
        version !== 'v1' ||
        parts.length !== 3 ||
        iv?.length !== IV_BYTES ||
        !ciphertext ||
        tag?.length !== TAG_BYTES
      ) {
        throw new AppError(
          'internal',
          `The sealed ${place.table}.${place.column} of ${place.row} has a form that this version does not know`,
        );
      }
      const key = keys.get(keyId);
      if (!key) {
        throw new AppError(
          'internal',
          `The ${place.table}.${place.column} of ${place.row} is sealed with key "${keyId}": add it to ENCRYPTION_KEYS`,
        );
      }
      const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES })
        .setAAD(additionalData(place))
        .setAuthTag(tag);
      try {
        return new Secret(Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8'));
      } catch (cause) {
        throw new AppError(
          'internal',
          `The sealed ${place.table}.${place.column} of ${place.row} is not genuine, or key "${keyId}" is not the one that sealed it`,
          { cause },
        );
      }
    },
  };
}

/** Length-prefixed, so that no two places read alike. */
function additionalData({ workspaceId, table, row, column }: Place): Buffer {
  return Buffer.from(
    [workspaceId, table, String(row), column].map((part) => `${part.length}:${part}`).join('|'),
  );
}
