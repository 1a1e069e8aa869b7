import type { GatewayRequest, Outcome } from '../../../src/hubspot/gateway/gateway.js';
import { classifyResponse } from '../../../src/hubspot/wire/classifyResponse.js';
import { pathOf } from '../../../src/hubspot/wire/paths.js';
import type { CrmHarness } from '../sandbox/crmHarness.js';

const VERSIONS = { HUBSPOT_API_VERSION: '2026-03', HUBSPOT_API_VERSIONS: {} } as const;

/** The gateway without its budget: each request goes to the sandbox at once. */
export function crmGateway(crm: () => CrmHarness) {
  let instead: (request: GatewayRequest) => Outcome | undefined = () => undefined;
  let changed: (request: GatewayRequest, outcome: Outcome) => Outcome = (_, outcome) => outcome;
  const asked: string[] = [];
  return {
    /** The resources that were asked for, in their order. */
    asked,
    /** What comes in place of HubSpot's answers from now on. */
    answerInstead(answer: (request: GatewayRequest) => Outcome | undefined) {
      instead = answer;
    },
    /** What becomes of HubSpot's answers from now on. */
    changeAnswers(change: (request: GatewayRequest, outcome: Outcome) => Outcome) {
      changed = change;
    },
    forget() {
      instead = () => undefined;
      changed = (_, outcome) => outcome;
      asked.length = 0;
    },
    async request(request: GatewayRequest): Promise<Outcome> {
      asked.push(request.resource);
      const given = instead(request);
      if (given) return given;
      const { method, path } = pathOf(request.resource, VERSIONS, request.params ?? {}, request.query);
      const { status, body, headers } = await crm().call(method, path, request.body);
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      const now = { nowMs: 0, timeZone: 'UTC' };
      return changed(request, classifyResponse(status, Object.fromEntries(headers), text, now));
    },
  };
}
