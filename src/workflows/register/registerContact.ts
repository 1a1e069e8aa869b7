import { proxyActivities, setCurrentDetails, sleep } from '@temporalio/workflow';
import type { RegisterActivities } from '../../activities/register/registerActivities.js';
import { STEPS } from '../../domain/register/steps.js';
import type { RegisterInput, RegisterResult, StepTried } from '../../temporal/register/contract.js';

const { takeStep, endRegistration } = proxyActivities<RegisterActivities>({
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: '10 seconds',
  // What HubSpot answers is no failure of the activity: it was on a worker that died, or without its database.
  retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
});

/**
 * Writes a contact with its deals and tickets, and associates them. Each step is noted in the database before it is
 * sent, and booked with what came of it; one that HubSpot does not take now is tried again, with an end.
 */
export async function registerContact(input: RegisterInput): Promise<RegisterResult> {
  const { workspaceId, portalId, registrationId } = input;
  const ref = { workspaceId, portalId, registrationId };
  for (const step of STEPS) {
    let tried: StepTried;
    do {
      setCurrentDetails(`At the step ${step}`);
      tried = await takeStep.executeWithOptions({ summary: `The step ${step} of a registration` }, [
        ref,
        step,
      ]);
      if (tried.state === 'again') await sleep(tried.inMs);
    } while (tried.state === 'again');
    if (tried.state === 'over') return { ended: 'over' };
  }
  return { ended: await endRegistration(ref) };
}
