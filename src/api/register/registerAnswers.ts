import { z } from 'zod';
import type { RegistrationView, StepView } from '../../db/register/registrations.js';
import { parseExactJson } from '../../domain/exactJson.js';
import type { GivenRegistration } from '../../domain/register/checkRegistration.js';
import type { Note, Problem } from '../../domain/register/definitions.js';
import {
  isAskedFor,
  LINKS,
  type LinkingStep,
  REGISTRATION_STATES,
  STEP_STATES,
  WRITES,
  type RowFailure,
} from '../../domain/register/steps.js';
import { portalId, time } from '../http/answers.js';
import { idSchema } from '../http/input.js';
import { failedRowSchema, recordId, type incompleteSchema } from '../http/incomplete.js';
import { AppError } from '../../platform/errors.js';

type Registration = RegistrationView & { readonly steps: readonly StepView[] };

const noteSchema = z
  .strictObject({ path: z.string(), message: z.string() })
  .meta({ id: 'RegistrationNote', description: 'How a field was understood, where that is not plain' });
/** As the earlier service answered, and what was noted. */
export const registeredSchema = z
  .strictObject({
    success: z.literal(true),
    message: z.string(),
    contact_id: recordId,
    deal_ids: z.array(recordId).meta({ description: 'In the order of the input' }),
    ticket_ids: z.array(recordId).meta({ description: 'In the order of the input' }),
    notes: z.array(noteSchema),
  })
  .meta({ id: 'Registered' });

export const registrationSchema = z
  .strictObject({
    id: idSchema,
    portalId,
    state: z.enum(REGISTRATION_STATES).meta({
      description:
        '`refused`: it is not valid in this portal, and nothing was written; `failed`: not all of it was written, and it can be resumed',
    }),
    createdAt: time,
    endedAt: time.nullable(),
    contact_id: recordId.nullable(),
    deal_ids: z.array(recordId.nullable()),
    ticket_ids: z.array(recordId.nullable()),
    notes: z.array(noteSchema),
    problems: z.array(noteSchema).meta({ description: 'Why it was refused' }),
    failed: z.array(failedRowSchema),
    steps: z.array(
      z
        .strictObject({
          step: z.string(),
          state: z.enum(STEP_STATES),
          tries: z.number().int(),
          doubts: z
            .number()
            .int()
            .meta({ description: 'Records that may have been made twice, since an answer was lost' }),
          resolvedAt: time.nullable(),
        })
        .meta({ id: 'RegistrationStep' }),
    ),
  })
  .meta({ id: 'Registration' });

/** Of the reasons that a problem names in a sentence. */
const MOST_NAMED = 5;

export const MESSAGE = 'Contact, Deal(s), and Ticket(s) processed successfully.';

export function registrationAnswer(one: Registration): z.input<typeof registrationSchema> {
  return {
    ...{ id: one.id, portalId: one.portalId, state: one.state, ...idsOf(one) },
    createdAt: one.createdAt.toISOString(),
    endedAt: one.endedAt?.toISOString() ?? null,
    ...{ notes: notesOf(one), problems: problemsOf(one), failed: failedOf(one) },
    steps: one.steps.map(({ step, state, tries, doubts, resolvedAt }) => ({
      ...{ step, state, tries, doubts },
      resolvedAt: resolvedAt?.toISOString() ?? null,
    })),
  };
}

export function registeredAnswer(one: Registration): z.input<typeof registeredSchema> {
  const { contact_id: contactId, deal_ids: dealIds, ticket_ids: ticketIds } = idsOf(one);
  const there = (ids: readonly (string | null)[]) => ids.filter((id) => id !== null);
  return {
    ...{ success: true, message: MESSAGE, contact_id: contactId ?? '' },
    ...{ deal_ids: there(dealIds), ticket_ids: there(ticketIds), notes: notesOf(one) },
  };
}

/** A problem that says what is there, so that nothing has to be sent again. */
export function incomplete(one: Registration & { readonly given: string | null }): AppError {
  const { associations: asked } = (
    one.given === null ? {} : parseExactJson(one.given)
  ) as Partial<GivenRegistration>;
  const began = new Set(one.steps.map(({ step }) => step));
  const failed = failedOf(one);
  const words = failed.map(({ row, reason }) => `${row}: ${reason}`).slice(0, MOST_NAMED);
  const registration: z.input<typeof incompleteSchema> = {
    ...{ id: one.id, created: idsOf(one), failed },
    not_tried: [
      ...Object.keys(WRITES),
      ...(Object.keys(LINKS) as LinkingStep[]).filter((step) => isAskedFor(step, asked)),
    ].filter((step) => !began.has(step)),
    resume: `/crm/register/${one.id}/resume`,
  };
  return new AppError(
    'registration_failed',
    words.join('; ') || 'It was ended before it was through: its portal is not connected here any more',
    { members: { registration } },
  );
}

export function problemsOf({ problems }: Registration): Problem[] {
  return problems === null ? [] : (JSON.parse(problems) as Problem[]);
}

function notesOf({ notes }: Registration): Note[] {
  return notes === null ? [] : (JSON.parse(notes) as Note[]);
}

function idsOf({ steps }: Registration) {
  const of = (name: string) => [...(steps.find(({ step }) => step === name)?.recordIds ?? [])];
  return { contact_id: of('contact')[0] ?? null, deal_ids: of('deals'), ticket_ids: of('tickets') };
}

/** `contact`, `deals.0`, `contact-deals.0`; `deals-tickets.0.1` is the first deal with the second ticket. */
function rowName(step: string, row: number, steps: readonly StepView[]): string {
  if (step === 'contact' || step === 'check') return step;
  const tickets = steps.find((one) => one.step === 'tickets')?.recordIds.length ?? 0;
  if (step !== 'deals-tickets' || tickets === 0) return `${step}.${row}`;
  return `${step}.${Math.floor(row / tickets)}.${row % tickets}`;
}

function failedOf({ steps }: Registration) {
  return steps.flatMap(({ step, failures }) =>
    failures === null
      ? []
      : (JSON.parse(failures) as RowFailure[]).map(({ row, property, reason }) => ({
          row: rowName(step, row, steps),
          property,
          reason,
        })),
  );
}
