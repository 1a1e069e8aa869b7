import type { Gateway, Outcome } from '../../hubspot/gateway/gateway.js';

/** A gateway that counts what HubSpot was asked through it. */
export interface CountedGateway extends Pick<Gateway, 'request'> {
  /** The calls since they were taken last; whoever cannot put them on record gives them back. */
  take(): number;
  giveBack(calls: number): void;
  /** Answers so far that HubSpot counts as errors. */
  readonly failed: () => number;
}

export function countedGateway(gateway: Pick<Gateway, 'request'>): CountedGateway {
  let calls = 0;
  let failed = 0;
  return {
    async request(request) {
      const outcome = await gateway.request(request);
      if (hasLeft(outcome)) calls += 1;
      if ('status' in outcome && outcome.status !== undefined && outcome.status >= 400) failed += 1;
      return outcome;
    },
    take() {
      const taken = calls;
      calls = 0;
      return taken;
    },
    giveBack(given) {
      calls += given;
    },
    failed: () => failed,
  };
}

/** What waits for the budget or a token, and gives up, has cost nothing of HubSpot's limits. */
const hasLeft = (outcome: Outcome) =>
  outcome.kind === 'unknown' || ('status' in outcome && outcome.status !== undefined);
