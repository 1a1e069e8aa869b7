import type { Priority } from '../../domain/hubspot/priorities.js';
import type { Permit } from '../budget/permit.js';
import type { ParamsOf, ResourceName } from '../wire/paths.js';
import type { BodyOf, QueryOf } from '../wire/requests.js';

interface RequestBase<R extends ResourceName> {
  portalId: number;
  /** Whose portal it has to be: nothing is sent with the token of another workspace (`unauthorized`). */
  workspaceId?: string;
  priority: Priority;
  resource: R;
  query?: QueryOf<R>;
  /** From the call of `request` to its outcome, the wait for the budget included. */
  deadlineMs?: number;
  /** Of that so much at most for the budget. */
  mostWaitMs?: number;
  /** From `acquire`; the gateway uses it or gives it back. Without one, the gateway waits for its own. */
  permit?: Permit;
  /** Asked at the moment of sending, after every wait: false, and nothing is sent (`unavailable`, `permit`). */
  maySend?: () => boolean;
  /** Asks HubSpot, also where a missing scope refused the same request a moment ago: it may be there again. */
  fresh?: boolean;
}

/** What a resource needs, and nothing that it does not know. */
type BodyPart<R extends ResourceName> = BodyOf<R> extends undefined ? { body?: never } : { body: BodyOf<R> };
type ParamsPart<R extends ResourceName> = [keyof ParamsOf<R>] extends [never]
  ? { params?: Record<string, never> }
  : { params: ParamsOf<R> };

/** A request to HubSpot for a portal. */
export type GatewayRequest<R extends ResourceName = ResourceName> = R extends ResourceName
  ? RequestBase<R> & BodyPart<R> & ParamsPart<R>
  : never;
