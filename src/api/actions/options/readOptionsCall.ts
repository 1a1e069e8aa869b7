import { z } from 'zod';
import { ExactNumber } from '../../../domain/exactJson.js';
import { inPlainWords } from '../../../domain/plainWords.js';
import { readJson } from '../../http/signedBody.js';

/** What HubSpot sends when somebody opens a drop-down (docs/hubspot.md#custom-workflow-actions). */
export interface OptionsCall {
  readonly portalId: number;
  /** What was typed; undefined: nothing. */
  readonly query: string | undefined;
  /** Where the page before ended. */
  readonly after: string | undefined;
  /** The fields that are filled in with a value, as text; those that take a property of the record are left out. */
  readonly inputs: Readonly<Record<string, string>>;
}

export type ReadOptionsCall =
  { readonly ok: true; readonly call: OptionsCall } | { readonly ok: false; readonly reason: string };

const MAX_QUERY = 1000;
const MAX_AFTER = 2000;

const text = z.union([z.string(), z.number(), z.boolean(), z.instanceof(ExactNumber)]).transform(String);
/** What is of another kind than HubSpot describes counts as not said. */
const said = text
  .transform((value) => (value.trim() === '' ? undefined : value))
  .optional()
  .catch(undefined);
const callSchema = z.looseObject({
  origin: z.looseObject({
    portalId: z.union([
      z.number().int().positive(),
      z
        .string()
        .regex(/^\d{1,15}$/)
        .transform(Number),
    ]),
  }),
  inputFields: z
    .record(z.string(), z.looseObject({ value: said }).catch({ value: undefined }))
    .optional()
    .catch(undefined),
  fetchOptions: z.looseObject({ q: said, after: said }).optional().catch(undefined),
});

/** Reads the body of a call. Never throws. */
export function readOptionsCall(body: Buffer): ReadOptionsCall {
  const { json, reason } = readJson(body);
  if (reason !== undefined) return { ok: false, reason };
  const parsed = callSchema.safeParse(json, { error: inPlainWords });
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return { ok: false, reason: `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'not understood'}` };
  }
  const { origin, inputFields = {}, fetchOptions } = parsed.data;
  const inputs = Object.entries(inputFields).flatMap(([name, { value }]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return {
    ok: true,
    call: {
      portalId: origin.portalId,
      query: fetchOptions?.q?.trim().slice(0, MAX_QUERY),
      after: fetchOptions?.after?.slice(0, MAX_AFTER),
      inputs: Object.fromEntries(inputs),
    },
  };
}
