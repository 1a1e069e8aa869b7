import type { Stack } from './stack.js';

/**
 * Where a secret of this stack can be read although nobody should: logs of every process and server, metrics, and all of
 * Temporal's histories. Empty when all is well.
 */
export async function findLeaks(stack: Stack): Promise<string[]> {
  const places: Record<string, string> = { ...stack.logs() };
  for (const one of [...stack.apis, ...stack.workers]) {
    places[`metrics of ${one.name}`] = await (await fetch(`${one.url}/metrics`)).text();
  }
  for await (const workflow of stack.temporal.workflow.list()) {
    const handle = stack.temporal.workflow.getHandle(workflow.workflowId, workflow.runId);
    const history = await handle.fetchHistory();
    // Payloads are bytes: as text a secret in them is visible, and so it is in the rest.
    places[`history of ${workflow.workflowId}`] = JSON.stringify(history, (_key, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
    );
  }
  const { apiKey, clientSecret, tokens } = stack.secrets;
  const secrets = {
    'API key': apiKey,
    'client secret': clientSecret,
    ...Object.fromEntries(tokens.map((t, n) => [`token ${n + 1}`, t])),
  };
  return Object.entries(places).flatMap(([place, text]) =>
    Object.entries(secrets).flatMap(([name, secret]) =>
      text.includes(secret) ? [`${name} in ${place}`] : [],
    ),
  );
}
