import { portalsByState } from '../../db/portals/attention.js';
import { foundIn } from '../../domain/attention/attention.js';
import type { AttentionKind } from '../../domain/attention/kinds.js';
import type { Config } from '../../platform/config/config.js';
import { portalTroubles } from '../../services/portals/portalTroubles.js';
import type { AttentionSource } from '../attention/attentionSource.js';
import type { InstallJournal } from './install/installJournal.js';

const KINDS: readonly AttentionKind[] = [
  'portal_reauth',
  'portal_disconnecting',
  'token_failing',
  'scopes_missing',
  'breaker_open',
  'portal_blocked',
  'day_limit_near',
  'error_share',
];
/** What is younger may still be stored by the page of its install. */
const KEPT_FOR_MS = 20_000;

/** What somebody has to know of portals and of installs. */
export function portalsAttention(
  { ERROR_SHARE_PERCENT }: Pick<Config, 'ERROR_SHARE_PERCENT'>,
  journal: Pick<InstallJournal, 'list'> | undefined,
): AttentionSource {
  const errorShare = ERROR_SHARE_PERCENT / 100;
  return {
    scopes: ['portals:read', 'throttle:read'],
    async find(db, workspaceId) {
      const portals = await portalTroubles(db, workspaceId, errorShare);
      return foundIn(KINDS, portals, (findings) => findings);
    },
    async findElsewhere(workspaceId) {
      const kept = (await journal?.list())?.installs ?? [];
      const left = kept.filter(
        ({ begun, grantedAtMs }) =>
          begun.workspaceId === workspaceId && Date.now() - grantedAtMs > KEPT_FOR_MS,
      );
      return foundIn(['install_kept'], left, ({ grant: { portalId }, grantedAtMs }) => [
        {
          ...{ kind: 'install_kept', subjectId: String(portalId), portalId, count: null },
          since: new Date(grantedAtMs),
          happened: `Portal ${portalId} was installed, and the database has not taken it yet: it is kept in the journal`,
        },
      ]);
    },
    portals: portalsByState,
  };
}
