import { z } from 'zod';
import { Secret } from '../../platform/secret.js';
import type { Keyring } from '../../secrets/keyring.js';
import { openSealedFiles, type FileKind } from '../../secrets/sealedFiles.js';

/*
 * What HubSpot has granted for the token of an earlier service, until its portal is stored: a sealed file each, in the
 * folder of granted tokens. The token that it followed may have ended with it: an import that is begun again goes on
 * from here.
 */

interface FormerGrant {
  readonly refreshToken: Secret;
  /** By this machine's clock. */
  readonly grantedAtMs: number;
}

export interface FormerGrants {
  /** Resolves when it is on the disk. */
  write(portalId: number, refreshToken: Secret): Promise<void>;
  /** Undefined: nothing is left. */
  find(portalId: number): Promise<Secret | undefined>;
  remove(portalId: number): Promise<void>;
}

const bodySchema = z.strictObject({ refreshToken: z.string(), grantedAtMs: z.number() });

const KIND: FileKind<FormerGrant> = {
  name: /\d{1,19}\.former/,
  context: 'former_grants',
  encode: ({ refreshToken, grantedAtMs }): z.infer<typeof bodySchema> => ({
    ...{ refreshToken: refreshToken.reveal(), grantedAtMs },
  }),
  decode(body) {
    const { refreshToken, grantedAtMs } = bodySchema.parse(body);
    return { refreshToken: new Secret(refreshToken), grantedAtMs };
  },
  writtenAtMs: ({ grantedAtMs }) => grantedAtMs,
};

/** Rejects where the folder cannot be used. */
export async function openFormerGrants(directory: string, keyring: Keyring): Promise<FormerGrants> {
  const files = await openSealedFiles(directory, keyring, KIND);
  const nameOf = (portalId: number) => `${portalId}.former`;
  return {
    write: (portalId, refreshToken) =>
      files.write(nameOf(portalId), { refreshToken, grantedAtMs: Date.now() }),
    find: async (portalId) => (await files.read(nameOf(portalId)))?.refreshToken,
    remove: (portalId) => files.remove(nameOf(portalId)),
  };
}
