import type { Pool } from '../../db/pool.js';
import { findPortalView } from '../../db/portals/portalViews.js';
import { forWorkspace } from '../../db/tenant.js';
import type { PortalId } from '../../domain/portals/portal.js';
import type { AllDefinitions, GivenRegistration } from '../../domain/register/checkRegistration.js';
import type { ValueRules } from '../../domain/register/givenValue.js';
import { labelledSteps } from '../../domain/register/labelsOf.js';
import { phoneReader } from './phones.js';
import type { PortalDefinitions } from './portalDefinitions.js';

export interface CheckDependencies {
  readonly pool: Pool;
  readonly definitions: PortalDefinitions;
  /** Whether a phone number that cannot be read is refused. */
  readonly refusePhones: boolean;
}

/**
 * Checks by what the portal says: what is wrong by definitions that are remembered is looked at once more by those that
 * there are now. Rejects with DefinitionsUnread.
 */
export async function checkGiven<T extends object>(
  deps: CheckDependencies,
  of: PortalId,
  { associations }: Pick<GivenRegistration, 'associations'>,
  check: (definitions: AllDefinitions, rules: ValueRules) => T,
  isWrong: (checked: T) => boolean,
): Promise<T> {
  const { definitions } = deps;
  const rules = await rulesOf(deps, of);
  const labels = labelledSteps(associations);
  const remembered = await definitions.of(of, { labels });
  const checked = check(remembered.definitions, rules);
  if (!isWrong(checked) || remembered.isNew) return checked;
  const { definitions: now } = await definitions.of(of, { anew: true, labels });
  return check(now, rules);
}

export async function rulesOf(
  { pool, refusePhones }: Omit<CheckDependencies, 'definitions'>,
  { workspaceId, portalId }: PortalId,
): Promise<ValueRules> {
  const portal = await findPortalView(forWorkspace(pool, workspaceId), portalId);
  return { readPhone: phoneReader(portal?.timeZone ?? null), refusePhones };
}
