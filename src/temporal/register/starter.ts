import type { TemporalConnection } from '../connection.js';
import { searchAttributes } from '../searchAttributes.js';
import { REGISTER_QUEUE, REGISTER_WORKFLOW, registerWorkflowId, type RegisterInput } from './contract.js';

export interface RegisterStarter {
  /** Starts to write a registration; does nothing when that is under way. */
  startRegistration(registration: RegisterInput): Promise<void>;
  /** The same, and waits for its end for so long. It goes on afterwards. */
  awaitRegistration(registration: RegisterInput, withinMs: number): Promise<void>;
}

export function createRegisterStarter(
  temporal: Pick<TemporalConnection, 'start' | 'endOf'>,
): RegisterStarter {
  const startOf = ({ workspaceId, portalId, registrationId }: RegisterInput) => ({
    workflow: REGISTER_WORKFLOW,
    queue: REGISTER_QUEUE,
    workflowId: registerWorkflowId(registrationId),
    args: [{ workspaceId, portalId, registrationId }],
    summary: `Writes a contact with its deals and tickets to portal ${portalId}`,
    searchAttributes: [{ key: searchAttributes.portalId, value: String(portalId) }],
  });
  return {
    startRegistration: (registration) => temporal.start(startOf(registration)),
    awaitRegistration: (registration, withinMs) => temporal.endOf(startOf(registration), withinMs),
  };
}
