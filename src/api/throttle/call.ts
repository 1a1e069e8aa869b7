import { z } from 'zod';
import { ExactNumber } from '../../domain/exactJson.js';
import { inPlainWords } from '../../domain/plainWords.js';
import { rateOf, type Rate } from '../../domain/throttle/rate.js';
import type { LaneName } from '../../db/throttle/lanes.js';
import { readJson } from '../http/signedBody.js';
import { laneNameOf } from './laneName.js';

/** An action call, understood. */
export interface ActionCall {
  readonly lane: LaneName;
  readonly callbackId: string;
  readonly source: string;
  readonly objectId: string | null;
  /** The rate of the step's own input fields, or why it cannot be taken. */
  readonly input: { readonly rate: Rate | null; readonly note: string | null };
}

export type ParsedCall =
  | { readonly ok: true; readonly call: ActionCall }
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
const inputFields = z
  .looseObject({
    queue: z.unknown().optional(),
    max_throughput: z.unknown().optional(),
    time: z.unknown().optional(),
    period: z.unknown().optional(),
  })
  .optional()
  .catch(undefined);

/** HubSpot's payload (docs/hubspot.md#custom-workflow-actions). */
const callSchema = z.looseObject({
  callbackId: text(200),
  origin: z.looseObject({ portalId: portalId.nullish(), actionDefinitionId: id }).nullish(),
  context: z
    .looseObject({ source: text(40).optional().catch(undefined), workflowId: id, actionId: id })
    .optional()
    .catch(undefined),
  object: z.looseObject({ objectId: id }).optional().catch(undefined),
  inputFields,
  fields: inputFields,
});

/** Reads the body of an action call. Never throws: a body that cannot be understood comes back with the reason. */
export function parseCall(body: Buffer): ParsedCall {
  const { json, reason } = readJson(body);
  const refuse = (why: string): ParsedCall => ({ ok: false, reason: why, ...readable(json) });
  if (reason !== undefined) return refuse(reason);
  const parsed = callSchema.safeParse(json, { error: inPlainWords });
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return refuse(`${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'not understood'}`);
  }
  const { callbackId, origin, context, object } = parsed.data;
  const named = /^ap-(\d{1,15})-/.exec(callbackId)?.[1];
  const portal = origin?.portalId ?? (named === undefined ? undefined : Number(named));
  if (portal === undefined) return refuse('origin.portalId: is not there, and the callback names no portal');
  if (named !== undefined && Number(named) !== portal)
    return refuse(`The callback belongs to portal ${named}, the call names portal ${portal}`);
  const fields = parsed.data.inputFields ?? parsed.data.fields ?? {};
  const source = context?.source ?? 'WORKFLOWS';
  const { workflowId, actionId } = context ?? {};
  return {
    ok: true,
    call: {
      lane: laneNameOf(
        {
          ...{ portalId: portal, callbackId, source, workflowId, actionId },
          definitionId: origin?.actionDefinitionId,
        },
        fields.queue,
      ),
      callbackId,
      source,
      objectId: object?.objectId ?? null,
      input: inputRate(fields),
    },
  };
}

/** An id of more digits than a double has, which must not become that of another record. */
function isWhole({ digits }: ExactNumber): boolean {
  return /^\d{1,40}$/.test(digits);
}

function inputRate(fields: NonNullable<z.infer<typeof inputFields>>): ActionCall['input'] {
  if (blank(fields.max_throughput) && blank(fields.time) && blank(fields.period))
    return { rate: null, note: null };
  const result = rateOf(fields.max_throughput, blank(fields.time) ? 1 : fields.time, fields.period);
  return result.ok
    ? { rate: result.rate, note: null }
    : {
        rate: null,
        note: `${result.problem}; the rate that was taken last, or else the next one that is set, applies`,
      };
}

function blank(value: unknown): boolean {
  return value === undefined || value === null || value === '';
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
