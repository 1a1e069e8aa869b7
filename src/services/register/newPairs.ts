import type { StepInHand } from '../../db/register/steps.js';
import type { CheckedRegistration } from '../../domain/register/checkRegistration.js';
import { LINKS, type LinkingStep, type WritingStep } from '../../domain/register/steps.js';

/** Later somebody may have found a record that was made, such as a workflow of the portal. */
const NEW_FOR_MS = 30_000;

/**
 * Which pairs nobody else can have associated: HubSpot made both of their records for this registration a moment ago,
 * or one of them, if no caller can name that by an id of theirs. Not so when the step was sent before.
 */
export function newPairs(
  step: LinkingStep,
  plan: Pick<CheckedRegistration, 'deals' | 'tickets'>,
  { fence, nowMs, before }: Pick<StepInHand, 'fence' | 'nowMs' | 'before'>,
): (from: number, to: number) => boolean {
  if (fence > 1) return () => false;
  const madeBy = (name: WritingStep): readonly boolean[] => {
    const done = before.find((one) => one.step === name);
    const isRecent = done?.resolvedAt && nowMs - done.resolvedAt.getTime() < NEW_FOR_MS;
    return isRecent ? done.made : [];
  };
  const isUnnamed = (name: WritingStep, n: number) =>
    name !== 'contact' && plan[name][n]?.externalId === undefined;
  const { from, to } = LINKS[step];
  const [madeFrom, madeTo] = [madeBy(from), madeBy(to)];
  return (i, j) => {
    const [isFrom, isTo] = [madeFrom[i] === true, madeTo[j] === true];
    return (isFrom && isTo) || (isFrom && isUnnamed(from, i)) || (isTo && isUnnamed(to, j));
  };
}
