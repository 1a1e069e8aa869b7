import { z } from 'zod';
import { signV3 } from '../hubspot/incoming/signature.js';
import type { Config } from '../platform/config/config.js';
import { CliError } from './errors.js';

const DEADLINE_MS = 20_000;

const answerSchema = z.object({
  outputFields: z
    .object({ hs_execution_state: z.enum(['BLOCK', 'SUCCESS', 'FAIL_CONTINUE']) })
    .catchall(z.string()),
});
export type CallOutputs = z.infer<typeof answerSchema>['outputFields'];

export type Answered =
  | { readonly kind: 'taken'; readonly outputs: CallOutputs }
  | { readonly kind: 'passing'; readonly why: string; readonly afterMs: number }
  | { readonly kind: 'refused'; readonly why: string };

/** A call of an action, signed as HubSpot signs, to the origin that HubSpot calls. */
export async function callSigned(
  {
    PUBLIC_URL,
    HUBSPOT_CLIENT_SECRET,
  }: Pick<Config, 'HUBSPOT_CLIENT_SECRET'> & { readonly PUBLIC_URL: string },
  path: string,
  body: string,
): Promise<Answered> {
  const [secret] = HUBSPOT_CLIENT_SECRET;
  if (!secret) throw new CliError('HUBSPOT_CLIENT_SECRET holds no secret', 2);
  const uri = PUBLIC_URL + path;
  const signature = signV3({ method: 'POST', uri, body }, secret, Date.now());
  let answer: Response | undefined;
  let text: string;
  try {
    answer = await fetch(uri, {
      ...{ method: 'POST', body, redirect: 'manual', signal: AbortSignal.timeout(DEADLINE_MS) },
      headers: { ...signature, 'content-type': 'application/json', 'user-agent': 'sluice' },
    });
    text = await answer.text();
  } catch (error) {
    const said = answer ? `answers ${answer.status} and breaks off` : 'does not answer';
    return { kind: 'passing', why: `${said} (${reasonOf(error)})`, afterMs: 0 };
  }
  const { status } = answer;
  if (status === 200) {
    const outputs = outputsIn(text);
    return outputs
      ? { kind: 'taken', outputs }
      : { kind: 'refused', why: 'answers 200, and not as Sluice does' };
  }
  if (status !== 429 && status < 500) return { kind: 'refused', why: `answers ${status}` };
  // In milliseconds on this route (docs/hubspot.md#custom-workflow-actions).
  const afterMs = Number(answer.headers.get('retry-after') ?? 0) || 0;
  return { kind: 'passing', why: `answers ${status}`, afterMs };
}

function outputsIn(text: string): CallOutputs | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined; // a page of somebody else
  }
  return answerSchema.safeParse(parsed).data?.outputFields;
}

/** As Node has it: the code of the network, where there is one. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  return 'code' in cause ? String(cause.code) : cause.message;
}
