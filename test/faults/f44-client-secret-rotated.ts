import { until } from '../support/stack.js';
import { installedLane, portalRow } from './installed.js';
import { untilCompleted, verdictOf, type Fault } from './fault.js';

const RATE = { limit: 20, intervalMs: 1000 };
const COUNT = 300;

export const clientSecretRotated: Fault = {
  id: 'F44',
  title: 'the client secret is rotated: HubSpot retires the old one before the service knows the new one',
  async run({ stack: createStack, say }) {
    const stack = await createStack({ env: { TOKEN_REFRESH_BEFORE_MS: '4000' } });
    await stack.sandbox.settings({ tokenLifetimeSeconds: 12 });
    const flow = await installedLane(stack, RATE);
    const { portalId, workflowId } = flow;
    await stack.sandbox.enrol(portalId, workflowId, { count: COUNT });
    await untilCompleted(stack, flow, 40, 30_000);

    const { clientSecret } = await stack.sandbox.rotateSecret();
    await stack.sandbox.retireOldSecrets();
    const failing = await until(
      'refreshes fail',
      async () => {
        const row = await portalRow(stack, portalId);
        return row.refresh_failures > 0 && row;
      },
      60_000,
    );
    say(`${failing.refresh_error}; the portal is ${failing.state}`);
    const env = { HUBSPOT_CLIENT_SECRET: `${clientSecret},${stack.secrets.clientSecret}` };
    for (const one of [...stack.workers, ...stack.apis]) await one.restart({ env });
    await stack.pool.query('UPDATE portals SET refresh_not_before = NULL');
    await untilCompleted(stack, flow, COUNT, 120_000);
    const problems = [
      ...(failing.state === 'active' ? [] : [`The portal became ${failing.state} by a mistake of ours`]),
      ...(failing.refresh_error?.startsWith('configuration')
        ? []
        : [`It was taken for ${failing.refresh_error}`]),
    ];
    return verdictOf(stack, { windows: [{ flow, ...RATE }] }, { problems });
  },
};
