import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { FEATURES } from '../../../domain/portals/features.js';
import { Secret } from '../../../platform/secret.js';
import type { Keyring } from '../../../secrets/keyring.js';
import { openSealedFiles, type FileKind } from '../../../secrets/sealedFiles.js';
import type { InstallGrant } from './obtainGrant.js';
import type { BegunInstall } from './storeInstall.js';

/*
 * Installs that HubSpot has granted and the database has not: a sealed file each, in the folder of granted tokens
 * (TOKEN_JOURNAL_DIR), which several APIs and workers may share.
 */

/** What was granted, and to which install. */
export interface GrantedInstall {
  readonly id: string;
  readonly begun: BegunInstall;
  readonly grant: InstallGrant;
  /** By this machine's clock. */
  readonly grantedAtMs: number;
}

export interface InstallJournal {
  /** Resolves when it is on the disk. */
  write(install: GrantedInstall): Promise<void>;
  /** All that is left. `unreadable`: files that no key of ENCRYPTION_KEYS opens. */
  list(): Promise<{ installs: GrantedInstall[]; unreadable: string[] }>;
  remove(install: GrantedInstall): Promise<void>;
}

export const newGrantedInstall = (begun: BegunInstall, grant: InstallGrant): GrantedInstall => ({
  ...{ id: randomUUID(), begun, grant, grantedAtMs: Date.now() },
});

const bodySchema = z.strictObject({
  id: z.string(),
  begun: z.strictObject({
    workspaceId: z.string(),
    linkId: z.string(),
    scopes: z.array(z.string()),
    expectedPortalId: z.number().nullable(),
    features: z.array(z.enum(FEATURES)).nullable(),
    actor: z.string(),
    usedAt: z.string(),
  }),
  portalId: z.number(),
  hubDomain: z.string().nullable(),
  granted: z.array(z.string()),
  accessToken: z.string(),
  refreshToken: z.string(),
  expiresInMs: z.number(),
  grantedAtMs: z.number(),
});

const KIND: FileKind<GrantedInstall> = {
  name: /\d{1,19}-[0-9a-f-]{36}\.install/,
  context: 'install_journal',
  encode({ id, begun, grant, grantedAtMs }): z.infer<typeof bodySchema> {
    const { workspaceId, linkId, scopes, expectedPortalId, features, actor, usedAt } = begun;
    const { portalId, hubDomain, granted, expiresInMs } = grant;
    return {
      ...{ id, portalId, hubDomain, granted: [...granted], expiresInMs, grantedAtMs },
      begun: { workspaceId, linkId, scopes, expectedPortalId, features, actor, usedAt },
      accessToken: grant.accessToken.reveal(),
      refreshToken: grant.refreshToken.reveal(),
    };
  },
  decode(body) {
    const { id, begun, accessToken, refreshToken, grantedAtMs, ...rest } = bodySchema.parse(body);
    const tokens = { accessToken: new Secret(accessToken), refreshToken: new Secret(refreshToken) };
    return { id, begun, grant: { ...rest, ...tokens }, grantedAtMs };
  },
  writtenAtMs: ({ grantedAtMs }) => grantedAtMs,
};

/** Rejects where the folder cannot be used. */
export async function openInstallJournal(directory: string, keyring: Keyring): Promise<InstallJournal> {
  const files = await openSealedFiles(directory, keyring, KIND);
  const nameOf = ({ id, grant }: GrantedInstall) => `${grant.portalId}-${id}.install`;
  return {
    write: (install) => files.write(nameOf(install), install),
    async list() {
      const { values, unreadable } = await files.list();
      return { installs: values, unreadable };
    },
    remove: (install) => files.remove(nameOf(install)),
  };
}
