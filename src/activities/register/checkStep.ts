import type { RegistrationRef } from '../../db/register/registrations.js';
import { bookStep, takeInHand, type StepInHand, type StepResult } from '../../db/register/steps.js';
import { parseExactJson } from '../../domain/exactJson.js';
import {
  checkRegistration,
  type CheckedAll,
  type GivenRegistration,
} from '../../domain/register/checkRegistration.js';
import { labelledSteps } from '../../domain/register/labelsOf.js';
import type { StepTried } from '../../temporal/register/contract.js';
import { checkGiven, rulesOf } from '../../services/register/checkGiven.js';
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
  deps.metrics.tried('check', 0);
  crashPoint('register.check.taken');
  let checked: CheckedAll;
  try {
    const given = parseExactJson(inHand.given) as GivenRegistration;
    checked = await checkGiven(
      deps,
      ref,
      given,
      (definitions, rules) => checkRegistration(given, definitions, rules),
      (all) => 'problems' in all,
    );
  } catch (error) {
    if (!(error instanceof DefinitionsUnread)) throw error;
    const inMs = againInMs([error.failure], inHand, deps.patience);
    const failures = JSON.stringify([{ row: 0, property: null, reason: reasonOf(error.failure) }]);
    const state = inMs === undefined ? 'failed' : 'intended';
    const isBooked = await bookStep(pool, ref, 'check', inHand.fence, {
      ...{ ...NO_ROWS, state, failures },
      ...(inMs === undefined && { ends: { state: 'failed' } }),
    });
    if (isBooked && inMs === undefined) deps.metrics.ended('failed');
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
  if ('problems' in checked) deps.metrics.ended('refused');
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
  const asked = parseExactJson(given) as GivenRegistration;
  const labels = labelledSteps(asked.associations);
  const read = await deps.definitions.of(ref, { anew: true, labels }).catch((error: unknown) => {
    if (error instanceof DefinitionsUnread) return undefined;
    throw error;
  });
  const now = read && checkRegistration(asked, read.definitions, rules);
  if (!now || 'problems' in now) return undefined;
  const anew = JSON.stringify(now.registration);
  return anew === plan ? undefined : { plan: anew, notes: JSON.stringify(now.notes) };
}
