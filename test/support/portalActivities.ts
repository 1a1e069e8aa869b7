import type { InstallActivities } from '../../src/activities/portals/installActivities.js';
import type { PortalHookActivities } from '../../src/activities/portals/portalHooks.js';

export type PortalSteps = InstallActivities & PortalHookActivities;

/** The activities of the workflows `install` and `disconnect`, all of which succeed; `steps` records the calls. */
export function portalActivities(steps: string[], changes: Partial<PortalSteps> = {}): PortalSteps {
  const all: PortalSteps = {
    planDisconnect: () => Promise.resolve({ current: true, canTellHubSpot: true, uninstall: false }),
    noteStep: () => Promise.resolve(),
    uninstallApp: () => Promise.resolve('done'),
    revokeGrant: () => Promise.resolve('done'),
    removeTokens: () => Promise.resolve(),
    finishDisconnect: () => Promise.resolve({ current: true }),
    noteResumed: () => Promise.resolve(),
    readAccount: () => Promise.resolve(),
    resumePortal: () => Promise.resolve({ lanes: 1 }),
    endPortal: () => Promise.resolve({ marked: 2, left: 0 }),
    endPortalLocally: () => Promise.resolve({ ended: 0 }),
    ...changes,
  };
  const noting = Object.entries(all).map(([name, run]) => [
    name,
    (input: never) => {
      steps.push(name);
      return (run as (input: never) => Promise<unknown>)(input);
    },
  ]);
  return Object.fromEntries(noting) as PortalSteps;
}
