import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';

const INDEXED_VALUE_TYPE_KEYWORD = 2; // temporal.api.enums.v1.IndexedValueType
const KEYWORDS = ['PortalId', 'Lane', 'CallbackId', 'ExecutionState'];

/**
 * A Temporal server that skips time: timers of days take milliseconds. `TEMPORAL_TEST_SERVER` names its binary, which
 * `npm test` fetches.
 */
export async function createTimeSkipping(): Promise<TestWorkflowEnvironment> {
  const path = process.env.TEMPORAL_TEST_SERVER;
  if (!path)
    throw new Error(
      'TEMPORAL_TEST_SERVER is not set: run the tests with `npm test`, which fetches the server',
    );
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const env = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
  await env.connection.operatorService.addSearchAttributes({
    namespace: env.namespace ?? 'default',
    searchAttributes: Object.fromEntries(KEYWORDS.map((name) => [name, INDEXED_VALUE_TYPE_KEYWORD])),
  });
  return env;
}
