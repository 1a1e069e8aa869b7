import { parseArgs } from 'node:util';
import { z } from 'zod';
import { startSandbox } from './server.js';

const environment = z.object({
  SANDBOX_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  SANDBOX_CLIENT_SECRET: z.string().min(1).optional(),
  SANDBOX_CLIENT_ID: z.string().min(1).optional(),
  SANDBOX_APP_ID: z.coerce.number().int().positive().optional(),
  /** Comma-separated. */
  SANDBOX_REDIRECT_URI: z.string().min(1).optional(),
  SANDBOX_SEED: z.coerce.number().int().optional(),
});

const number = z.coerce.number();
/** What is there from the start, so that a mirror can be tried by hand. */
const flags = z.object({
  portal: number.int().positive().default(41_000_009),
  /** Generated ones. */
  contacts: number.int().positive().optional(),
  /** So many changes a second. */
  mutate: number.positive().optional(),
});

const env = environment.safeParse(process.env);
const text = { type: 'string' } as const;
const asked = flags.safeParse(parseArgs({ options: { portal: text, contacts: text, mutate: text } }).values);
if (!env.success || !asked.success) {
  for (const { path, message } of [...(env.error?.issues ?? []), ...(asked.error?.issues ?? [])]) {
    process.stderr.write(`${path.join('.')}: ${message}\n`);
  }
  process.exit(1);
}
const { SANDBOX_CLIENT_SECRET, SANDBOX_CLIENT_ID, SANDBOX_APP_ID, SANDBOX_REDIRECT_URI, SANDBOX_SEED } =
  env.data;

const sandbox = await startSandbox({
  port: env.data.SANDBOX_PORT,
  app: {
    ...(SANDBOX_APP_ID !== undefined && { appId: SANDBOX_APP_ID }),
    ...(SANDBOX_CLIENT_ID !== undefined && { clientId: SANDBOX_CLIENT_ID }),
    ...(SANDBOX_CLIENT_SECRET !== undefined && { clientSecret: SANDBOX_CLIENT_SECRET }),
    ...(SANDBOX_REDIRECT_URI !== undefined && {
      redirectUris: SANDBOX_REDIRECT_URI.split(',').map((uri) => uri.trim()),
    }),
  },
  ...(SANDBOX_SEED !== undefined && { seed: SANDBOX_SEED }),
  onError: (error) => process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`),
});

async function control(path: string, body: unknown): Promise<void> {
  const answer = await fetch(`${sandbox.url}/_sandbox${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
}
const { portal: portalId, contacts, mutate } = asked.data;
if (contacts !== undefined || mutate !== undefined) await control('/portals', { portalId });
if (contacts !== undefined) await control(`/portals/${portalId}/crm/contacts/generate`, { count: contacts });
if (mutate !== undefined) await control(`/portals/${portalId}/crm/mutator`, { perSecond: mutate });
process.stdout.write(`${JSON.stringify({ ready: true, url: sandbox.url })}\n`);

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    // A second signal exits at once, in case closing hangs: there is nothing to save.
    process.once(signal, () => process.exit(1));
    void sandbox.close().then(() => process.exit(0));
  });
}
