import { findPortalView } from '../../db/portals/portalViews.js';
import type { RegistrationRef } from '../../db/register/registrations.js';
import { bookStep, takeInHand, type StepInHand, type StepResult } from '../../db/register/steps.js';
import { forWorkspace } from '../../db/tenant.js';
import { parseExactJson } from '../../domain/exactJson.js';
import {
  checkRegistration,
  type CheckedAll,
  type GivenRegistration,
} from '../../domain/register/checkRegistration.js';
import type { ValueRules } from '../../domain/register/givenValue.js';
import type { StepTried } from '../../temporal/register/contract.js';
import { phoneReader } from '../../services/register/phones.js';
import { DefinitionsUnread } from '../../services/register/portalDefinitions.js';
import { againInMs, reasonOf } from '../../services/register/verdict.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { RegisterDependencies } from './registerDependencies.js';

const NO_ROWS = { recordIds: [], isUnsure: [] } as const;

/** Finds out what it means in its portal, before anything is written there. What is wrong with it ends it. */
export async function checkStep(deps: RegisterDependencies, ref: RegistrationRef): Promise<StepTried> {
  const { pool } = deps;
  const inHand = await takeInHand(pool, ref, 'check', null);
  if (typeof inHand === 'string') return { state: inHand };
  crashPoint('register.check.taken');
  let checked: CheckedAll;
  try {
    checked = await check(deps, ref, parseExactJson(inHand.given) as GivenRegistration);
  } catch (error) {
    if (!(error instanceof DefinitionsUnread)) throw error;
    const inMs = againInMs([error.failure], inHand, deps.patience);
    const failures = JSON.stringify([{ row: 0, property: null, reason: reasonOf(error.failure) }]);
    const state = inMs === undefined ? 'failed' : 'intended';
    await bookStep(pool, ref, 'check', inHand.fence, {
      ...{ ...NO_ROWS, state, failures },
      ...(inMs === undefined && { ends: { state: 'failed' } }),
    });
    return inMs === undefined ? { state: 'over' } : { state: 'again', inMs };
  }
  const isBooked = await bookStep(pool, ref, 'check', inHand.fence, {
    ...NO_ROWS,
    failures: null,
    ...('problems' in checked
      ? { state: 'failed', ends: { state: 'refused', problems: JSON.stringify(checked.problems) } }
      : {
          state: 'done',
          plan: { plan: JSON.stringify(checked.registration), notes: JSON.stringify(checked.notes) },
        }),
  });
  crashPoint('register.check.booked');
  if (!isBooked) return { state: 'again', inMs: 1000 };
  return { state: 'problems' in checked ? 'over' : 'done' };
}

/**
 * HubSpot contradicts what was remembered of the portal: what it means by what the portal says now. Undefined: the
 * same, or nothing that could be written.
 */
export async function planAnew(
  deps: RegisterDependencies,
  ref: RegistrationRef,
  { given, plan }: Pick<StepInHand, 'given' | 'plan'>,
): Promise<StepResult['plan']> {
  const rules = await rulesOf(deps, ref);
  const read = await deps.definitions.of(ref.portalId, { anew: true }).catch((error: unknown) => {
    if (error instanceof DefinitionsUnread) return undefined;
    throw error;
  });
  const now = read && checkRegistration(parseExactJson(given) as GivenRegistration, read.definitions, rules);
  if (!now || 'problems' in now) return undefined;
  const anew = JSON.stringify(now.registration);
  return anew === plan ? undefined : { plan: anew, notes: JSON.stringify(now.notes) };
}

/** What is wrong by definitions that are remembered is looked at once more by those that there are now. */
async function check(
  deps: RegisterDependencies,
  ref: RegistrationRef,
  given: GivenRegistration,
): Promise<CheckedAll> {
  const { definitions } = deps;
  const rules = await rulesOf(deps, ref);
  const remembered = await definitions.of(ref.portalId);
  const checked = checkRegistration(given, remembered.definitions, rules);
  if (!('problems' in checked) || remembered.isNew) return checked;
  const { definitions: now } = await definitions.of(ref.portalId, { anew: true });
  return checkRegistration(given, now, rules);
}

async function rulesOf(
  { pool, refusePhones }: RegisterDependencies,
  { workspaceId, portalId }: RegistrationRef,
): Promise<ValueRules> {
  const portal = await findPortalView(forWorkspace(pool, workspaceId), portalId);
  return { readPhone: phoneReader(portal?.timeZone ?? null), refusePhones };
}
