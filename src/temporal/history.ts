import { Client, Connection, isGrpcServiceError } from '@temporalio/client';
import type { Config } from '../platform/config/config.js';

const NOT_FOUND = 5; // of gRPC

type HistoryConfig = Pick<
  Config,
  'TEMPORAL_ADDRESS' | 'TEMPORAL_NAMESPACE' | 'TEMPORAL_API_KEY' | 'TEMPORAL_TLS'
>;

/**
 * The history of a workflow's newest run, as a replay takes it. Undefined when Temporal does not have it (any more).
 */
export async function fetchHistory(config: HistoryConfig, workflowId: string) {
  const connection = await Connection.connect({
    address: config.TEMPORAL_ADDRESS,
    tls: config.TEMPORAL_TLS,
    connectTimeout: '5s',
    ...(config.TEMPORAL_API_KEY ? { apiKey: config.TEMPORAL_API_KEY.reveal() } : {}),
  });
  try {
    const client = new Client({ connection, namespace: config.TEMPORAL_NAMESPACE });
    return await client.workflow.getHandle(workflowId).fetchHistory();
  } catch (error) {
    if (isGrpcServiceError(error) && Number(error.code) === NOT_FOUND) return undefined;
    throw error;
  } finally {
    await connection.close();
  }
}
