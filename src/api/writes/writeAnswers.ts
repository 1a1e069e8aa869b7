import { z } from 'zod';
import { writeFreshness } from '../../domain/crm/freshness.js';
import { ERRORS, type ErrorCode } from '../../platform/errors.js';
import type { WriteResult, WritesOf } from '../../services/writes/recordWrite.js';
import { recordIdSchema } from '../crm/recordAnswers.js';
import { time } from '../http/answers.js';
import { problemOf } from './writeFailure.js';

/** The header that brings what a write has made true, and that a read takes. */
export const FRESH_HEADER = 'x-sluice-fresh';
export const FRESH_HEADERS = {
  [FRESH_HEADER]: 'Send it with a read: what is answered then is no older than this write',
} as const;

const fresh = z.string().meta({
  description: 'What this write has made true: sent as `X-Sluice-Fresh` with a read, that shows it',
  example: '1.41000009.contacts.51.1798795740000.1798795740120',
});

const writtenRecord = z.strictObject({
  id: recordIdSchema,
  properties: z.record(z.string(), z.string().nullable()).meta({
    description:
      "HubSpot's own text of each value, as far as its answer shows them: what was written, and some more",
  }),
  createdAt: time.nullable(),
  modifiedAt: time.nullable().meta({ description: "By HubSpot's clock; null: its answer did not say" }),
});

const outcome = z.enum(['created', 'updated', 'existing']).meta({
  description: '`existing`: it was to be made, and HubSpot has it already. It was left as it is',
});

export const writtenSchema = z
  .strictObject({ outcome, record: writtenRecord, fresh })
  .meta({ id: 'WrittenRecord' });

const row = { index: z.number().int().meta({ description: 'Its place in `records`' }) };

export const writtenRowsSchema = z
  .strictObject({
    results: z.array(
      z.union([
        z.strictObject({ ...row, status: z.literal('done'), outcome, record: writtenRecord, fresh }),
        z.strictObject({
          ...row,
          status: z.literal('failed'),
          error: z.strictObject({
            type: z.string().meta({ example: 'urn:sluice:invalid_input' }),
            status: z.number().int().meta({ description: 'What it alone would have been answered with' }),
            detail: z.string(),
            errors: z.array(z.strictObject({ path: z.string(), message: z.string() })),
            retryAfterSeconds: z.number().int().nullable(),
          }),
        }),
      ]),
    ),
    failed: z.number().int().meta({ description: 'How many of them' }),
  })
  .meta({ id: 'WrittenRecords' });

export const EXAMPLE_WRITTEN = {
  outcome: 'updated' as const,
  record: {
    ...{ id: '51', properties: { firstname: 'Ada' } },
    ...{ createdAt: '2026-11-02T10:00:00.000Z', modifiedAt: '2027-01-01T09:29:00.000Z' },
  },
  fresh: '1.41000009.contacts.51.1798795740000.1798795740120',
};

type Done = Extract<WriteResult, { state: 'done' }>;

/** The same text in every answer that tells of it. */
function freshOf(of: WritesOf, { record, answeredMs }: Done): string {
  const modifiedMs = record.modifiedAt === undefined ? NaN : Date.parse(record.modifiedAt);
  return writeFreshness({
    ...{ portalId: of.portalId, objectType: of.objectType, recordId: record.id, answeredMs },
    modifiedMs: Number.isNaN(modifiedMs) ? null : modifiedMs,
    isGone: false,
  });
}

export function writtenAnswer(of: WritesOf, done: Done) {
  const { id, properties, createdAt, modifiedAt } = done.record;
  return {
    outcome: done.outcome,
    record: { id, properties, createdAt: dateOf(createdAt), modifiedAt: dateOf(modifiedAt) },
    fresh: freshOf(of, done),
  };
}

/** HubSpot's time, or null where it is none. */
function dateOf(text: string | undefined): Date | null {
  const ms = text === undefined ? NaN : Date.parse(text);
  return Number.isNaN(ms) ? null : new Date(ms);
}

export function rowAnswer(of: WritesOf, index: number, result: WriteResult) {
  if (result.state === 'done') return { index, status: 'done' as const, ...writtenAnswer(of, result) };
  const { code, message, fields, retryAfterMs } = problemOf(result.failure, `records.${index}.`);
  return { index, status: 'failed' as const, error: errorBody(code, message, fields, retryAfterMs) };
}

function errorBody(
  code: ErrorCode,
  detail: string,
  errors: readonly { readonly path: string; readonly message: string }[],
  retryAfterMs: number | undefined,
) {
  return {
    ...{ type: `urn:sluice:${code}`, status: ERRORS[code].status, detail },
    errors: errors.map(({ path, message }) => ({ path, message })),
    retryAfterSeconds: retryAfterMs === undefined ? null : Math.ceil(retryAfterMs / 1000),
  };
}
