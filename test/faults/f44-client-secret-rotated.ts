import { randomBytes } from 'node:crypto';
import { callAction } from '../support/actionCall.js';
import { until, type Flow, type Stack } from '../support/stack.js';
import { untilCompleted, verdictOf, type Fault } from './fault.js';
import { installedLane, portalRow, tokenProblems } from './installed.js';

const RATE = { limit: 20, intervalMs: 1000 };
const COUNT = 150;

export const clientSecretRotated: Fault = {
  id: 'F44',
  title:
    'the client secret is rotated, first by the book, then at HubSpot before the service knows the new one',
  async run({ stack: createStack, say }) {
    const stack = await createStack({ env: { TOKEN_REFRESH_BEFORE_MS: '4000' } });
    await stack.sandbox.settings({ tokenLifetimeSeconds: 12 });
    const flow = await installedLane(stack, RATE);
    const first = stack.secrets.clientSecret;
    const problems: string[] = [];
    const answers = async (secret: string, status: number, when: string) => {
      const got = await repeatOneCall(stack, flow, secret);
      if (got !== status) problems.push(`${when}: a call was answered ${got}, not ${status}`);
    };

    // By the book: the service knows both before HubSpot changes over.
    const second = `second-${randomBytes(12).toString('hex')}`;
    await enrol(stack, flow);
    await untilCompleted(stack, flow, 20, 30_000);
    await configure(stack, `${second},${first}`);
    await untilRefreshed(stack, flow);
    await stack.sandbox.rotateSecret(second);
    await enrol(stack, flow);
    await answers(first, 200, 'signed with the old secret, while both are valid');
    await answers(second, 200, 'signed with the new secret, while both are valid');
    await answers('nobody knows it', 401, 'signed with an unknown secret');
    await untilRefreshed(stack, flow);
    await stack.sandbox.retireOldSecrets();
    await untilRefreshed(stack, flow);
    await configure(stack, second);
    await answers(first, 401, 'signed with the old secret after it was taken out');
    await answers(second, 200, 'signed with the new secret alone');
    await untilRefreshed(stack, flow);
    say('by the book: calls with either were taken, and tokens refreshed throughout');

    const { clientSecret: third } = await stack.sandbox.rotateSecret();
    await stack.sandbox.retireOldSecrets();
    const failing = await until(
      'refreshes fail',
      async () => {
        const row = await portalRow(stack, flow.portalId);
        return row.refreshFailures > 0 && row;
      },
      60_000,
    );
    say(`too early: ${failing.refreshError}; the portal is ${failing.state}`);
    if (failing.state !== 'active') problems.push(`The portal became ${failing.state} by a mistake of ours`);
    if (!failing.refreshError?.startsWith('configuration'))
      problems.push(`It was taken for ${failing.refreshError}`);
    await configure(stack, `${third},${second}`);
    await stack.pool.query('UPDATE portals SET refresh_not_before = NULL');
    await enrol(stack, flow);
    await untilCompleted(stack, flow, 3 * COUNT, 120_000);
    problems.push(...(await tokenProblems(stack, flow.portalId, third)));
    return verdictOf(
      stack,
      { windows: [{ flow, ...RATE }] },
      { problems, figures: [['tokens', (await portalRow(stack, flow.portalId)).version]] },
    );
  },
};

const enrol = (stack: Stack, { portalId, workflowId }: Flow) =>
  stack.sandbox.enrol(portalId, workflowId, { count: COUNT });

async function configure(stack: Stack, secrets: string): Promise<void> {
  const env = { HUBSPOT_CLIENT_SECRET: secrets };
  for (const one of [...stack.workers, ...stack.apis]) await one.restart({ env });
}

/** Only what is in use is refreshed; tokens live for 12 s. */
async function untilRefreshed(stack: Stack, { portalId }: Flow): Promise<void> {
  const { version } = await portalRow(stack, portalId);
  await until(
    `a token after ${version}`,
    async () => (await portalRow(stack, portalId)).version > version,
    60_000,
  );
}

/** A call that HubSpot has made before, signed with this secret: its answer changes nothing. */
async function repeatOneCall(stack: Stack, { portalId }: Flow, secret: string): Promise<number> {
  const { rows } = await stack.pool.query<{ id: string }>(
    'SELECT callback_id AS id FROM execution_keys WHERE portal_id = $1 LIMIT 1',
    [portalId],
  );
  const callbackId = rows[0]?.id ?? '';
  return (await callAction({ url: stack.actionUrl(), secret, portalId, callbackId })).status;
}
