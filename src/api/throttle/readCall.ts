import { z } from 'zod';
import { ExactNumber } from '../../domain/exactJson.js';
import { inPlainWords } from '../../domain/plainWords.js';
import { readJson } from '../http/signedBody.js';

/** What HubSpot sends when a record reaches an action, whichever it is (docs/hubspot.md#custom-workflow-actions). */
export interface HubSpotCall<CallbackId extends string | undefined = string> {
  readonly portalId: number;
  readonly callbackId: CallbackId;
  readonly definitionId: string | undefined;
  readonly source: string;
  readonly workflowId: string | undefined;
  readonly actionId: string | undefined;
  readonly object: z.infer<typeof calledObject>;
  /** The step's input fields, as they were sent. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export type ReadCall<CallbackId extends string | undefined = string> =
  | { readonly ok: true; readonly call: HubSpotCall<CallbackId> }
  | {
      readonly ok: false;
      readonly reason: string;
      readonly portalId: number | undefined;
      readonly callbackId: string | undefined;
    };

// PostgreSQL's text cannot contain NUL; a lone surrogate is no text either.
const NOT_TEXT = /\0|\p{Cs}/u;
const text = (maxLength: number) =>
  z
    .string()
    .min(1)
    .max(maxLength)
    .refine((value) => !NOT_TEXT.test(value), 'is not plain text');
/**
 * What tells where a record comes from and where it waits. A record that is refused goes on unthrottled, so a field
 * that is null, or of another kind than HubSpot describes, counts as missing; only the callback and its portal are
 * needed.
 */
const id = z
  .union([z.number().int().nonnegative(), text(64), z.instanceof(ExactNumber).refine(isWhole)])
  .transform(String)
  .optional()
  .catch(undefined);
const portalId = z.union([
  z.number().int().positive(),
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number),
]);
const inputFields = z.record(z.string(), z.unknown()).optional().catch(undefined);
const calledObject = z
  .looseObject({
    objectId: id,
    objectType: text(100).optional().catch(undefined),
    properties: inputFields,
  })
  .optional()
  .catch(undefined);

/** HubSpot's payload (docs/hubspot.md#custom-workflow-actions). */
const callSchema = z.looseObject({
  callbackId: text(200).nullish(),
  origin: z.looseObject({ portalId: portalId.nullish(), actionDefinitionId: id }).nullish(),
  context: z
    .looseObject({ source: text(40).optional().catch(undefined), workflowId: id, actionId: id })
    .optional()
    .catch(undefined),
  object: calledObject,
  inputFields,
  fields: inputFields,
});

/** Reads the body of a call. Never throws: a body that cannot be understood comes back with the reason. */
export function readCall(body: Buffer): ReadCall {
  const read = readAnyCall(body);
  if (!read.ok) return read;
  const { callbackId } = read.call;
  if (callbackId !== undefined) return { ok: true, call: { ...read.call, callbackId } };
  const reason = 'callbackId: is missing';
  return { ok: false, reason, portalId: read.call.portalId, callbackId };
}

/** The same, of calls that nothing waits for as well: those of agents may have no callback. */
export function readAnyCall(body: Buffer): ReadCall<string | undefined> {
  const { json, reason } = readJson(body);
  const refuse = (why: string): Extract<ReadCall, { ok: false }> => ({
    ok: false,
    reason: why,
    ...readable(json),
  });
  if (reason !== undefined) return refuse(reason);
  const parsed = callSchema.safeParse(json, { error: inPlainWords });
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return refuse(`${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'not understood'}`);
  }
  const { origin, context, object } = parsed.data;
  const callbackId = parsed.data.callbackId ?? undefined;
  const named = /^ap-(\d{1,15})-/.exec(callbackId ?? '')?.[1];
  const portal = origin?.portalId ?? (named === undefined ? undefined : Number(named));
  if (portal === undefined) return refuse('origin.portalId: is not there, and the callback names no portal');
  if (named !== undefined && Number(named) !== portal)
    return refuse(`The callback belongs to portal ${named}, the call names portal ${portal}`);
  return {
    ok: true,
    call: {
      ...{ portalId: portal, callbackId, object },
      definitionId: origin?.actionDefinitionId,
      source: context?.source ?? 'WORKFLOWS',
      workflowId: context?.workflowId,
      actionId: context?.actionId,
      fields: parsed.data.inputFields ?? parsed.data.fields ?? {},
    },
  };
}

/** An id of more digits than a double has, which must not become that of another record. */
function isWhole({ digits }: ExactNumber): boolean {
  return /^\d{1,40}$/.test(digits);
}

/** Portal and callback, where they can be read at all. */
function readable(json: unknown): { portalId: number | undefined; callbackId: string | undefined } {
  const loose = z.object({
    callbackId: text(200).optional().catch(undefined),
    origin: z.object({ portalId: z.number().int().positive() }).optional().catch(undefined),
  });
  const found = loose.safeParse(json);
  return { portalId: found.data?.origin?.portalId, callbackId: found.data?.callbackId };
}
