import { connectTemporal } from '../../temporal/connection.js';
import { CHECKS } from '../../services/checks.js';
import type { temporalEnvironment } from '../environment.js';

/**
 * Makes our search attributes in the namespace, where that is allowed. Returns a line that says what was done, or what
 * is left to do; undefined where they are there.
 */
export async function makeSearchAttributes(
  env: ReturnType<typeof temporalEnvironment>,
): Promise<string | undefined> {
  const temporal = connectTemporal(env);
  const { abilities } = temporal;
  const name = `namespace "${env.TEMPORAL_NAMESPACE}" at ${env.TEMPORAL_ADDRESS}`;
  try {
    if (!(await abilities.hasNamespace()))
      return `Temporal has no ${name}. ${CHECKS.namespace.mend}; then run this again, for the search attributes`;
    const missing = await abilities.missingSearchAttributes();
    if (missing.length === 0) return undefined;
    await abilities.addSearchAttributes();
    const left = await abilities.missingSearchAttributes();
    return left.length === 0
      ? `Made the search attributes ${missing.join(', ')} in the ${name}`
      : `The ${name} lacks ${left.join(', ')}, of the type Keyword. ${CHECKS.searchAttributes.mend}`;
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return `The search attributes of the ${name} could not be looked after (${words}). Run this again when it answers; where this login may not make them: ${BY_HAND}`;
  } finally {
    await temporal.close();
  }
}

const BY_HAND =
  'temporal operator search-attribute create --name … --type Keyword, for PortalId, Lane, CallbackId and ExecutionState';
