import { z } from 'zod';
import {
  findRegistration,
  listRegistrations,
  resumeRegistration,
  storeRegistration,
  type RegistrationRef,
} from '../../db/register/registrations.js';
import type { Pool } from '../../db/pool.js';
import { forWorkspace } from '../../db/tenant.js';
import { stringifyExactJson } from '../../domain/exactJson.js';
import { ContactSchema, DealSchema, MOST_ROWS, TicketSchema } from '../../domain/register/registration.js';
import { REGISTRATION_STATES } from '../../domain/register/steps.js';
import type { PortalDefinitions } from '../../services/register/portalDefinitions.js';
import { AppError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { inAuditedTransaction } from '../http/auditRequest.js';
import { pageOf } from '../http/answers.js';
import { idSchema, invalidInput, notFound, pageQuery, portalIdSchema, shortList } from '../http/input.js';
import { REPLAYED } from '../http/requestOnce.js';
import { defineOperation, type Caller } from '../http/operation.js';
import { readPage } from '../http/page.js';
import { namedOrOnlyPortal } from '../portals/namedOrOnlyPortal.js';
import { refuseUnknownPortal } from '../portals/refuseUnknownPortal.js';
import { associationsSchema } from './askedAssociations.js';
import { preferSchema, waitOf } from './prefer.js';
import {
  incomplete,
  MESSAGE,
  problemsOf,
  registeredAnswer,
  registeredSchema,
  registrationAnswer,
  registrationSchema,
} from './registerAnswers.js';
import type { RegisterWaits } from './registerWaits.js';
import { alsoWrong } from './soundRows.js';

export interface RegisterDependencies {
  readonly pool: Pool;
  readonly logger: Logger;
  readonly waits: RegisterWaits;
  readonly definitions: PortalDefinitions;
  readonly refusePhones: boolean;
  /** Registrations of a portal that may be open. */
  readonly mostOpen: number;
  /** One was turned away for it. */
  readonly onTurnedAway: () => void;
}

const RETRY_AFTER_MS = 5000;

const rows = <Schema extends z.ZodType>(schema: Schema) => shortList(schema, MOST_ROWS, 0).default([]);
const registerSchema = z
  .strictObject({
    portalId: portalIdSchema.optional(),
    contact: ContactSchema,
    deals: rows(DealSchema),
    tickets: rows(TicketSchema),
    associations: associationsSchema.optional(),
  })
  .meta({ id: 'NewRegistration' });

const EXAMPLE = {
  contact: { email: 'john.doe@example.com', firstname: 'John', lastname: 'Doe', phone: '123-456-7890' },
  deals: [{ dealname: 'New deal', amount: 1200, dealstage: 'appointmentscheduled' }],
  tickets: [
    {
      ...{ subject: 'Wrong invoice', description: 'The amount is wrong', category: 'billing' },
      ...{ hs_pipeline: 'support', hs_ticket_priority: 'HIGH', hs_pipeline_stage: '1' },
    },
  ],
};
const EXAMPLE_NOTE = {
  path: 'tickets.0.category',
  message: '"billing" was taken as BILLING_ISSUE (Billing issue)',
};
const EXAMPLE_ANSWER = {
  ...{ success: true, message: MESSAGE, contact_id: '12345', deal_ids: ['67890'], ticket_ids: ['98765'] },
  notes: [EXAMPLE_NOTE],
};
const EXAMPLE_REGISTRATION = {
  ...{ id: '7', portalId: 41_000_009, state: 'open', createdAt: '2027-01-01T09:30:00.000Z', endedAt: null },
  ...{ contact_id: '12345', deal_ids: ['67890'], ticket_ids: [], notes: [EXAMPLE_NOTE], problems: [] },
  failed: [],
  steps: [
    {
      ...{ step: 'deals', state: 'done', tries: 1, doubts: 0 },
      resolvedAt: '2027-01-01T09:30:01.000Z',
    },
  ],
};
const ANSWERS = {
  200: { description: 'All of it is written', body: registeredSchema, example: EXAMPLE_ANSWER },
  202: {
    description: 'It is being written: how far, says `Location`',
    body: registrationSchema,
    headers: { location: 'Where it can be asked for' },
    example: EXAMPLE_REGISTRATION,
  },
} as const;

const the = { tag: 'Register', scopes: ['crm'], resource: 'registration' } as const;
const params = z.strictObject({ id: idSchema });

/** Contacts with their deals and tickets, written at once. */
export const REGISTER_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'registerContact',
    method: 'post',
    path: '/crm/register',
    summary: 'Write a contact with its deals and tickets',
    description:
      'The contact is found by its address, also a further one, and changed; else it is made. Deals and tickets are made, and associated with it. All is checked against the properties and pipelines of the portal before anything is written.',
    input: {
      query: z.strictObject({ portalId: portalIdSchema.optional() }),
      headers: preferSchema,
      body: registerSchema,
    },
    answers: {
      ...ANSWERS,
      200: {
        ...ANSWERS[200],
        headers: { 'idempotency-key': 'Yours, or ours: with it the same is not done again' },
      },
    },
    idempotent: 'named',
    errors: ['not_found', 'registration_failed'],
    example: { body: EXAMPLE },
    alsoWrong: (deps: RegisterDependencies, { workspaceId }, input) => alsoWrong(deps, workspaceId, input),
    async run(deps: RegisterDependencies, caller, { query, headers, body }) {
      const { pool } = deps;
      const { workspaceId, once } = caller;
      if (!once) throw new Error('A registration without a key');
      const { portalId: named, ...given } = body;
      if (named !== undefined && query.portalId !== undefined && named !== query.portalId)
        throw invalidInput([{ path: 'portalId', message: 'is another one in the query' }]);
      const portalId = await namedOrOnlyPortal(pool, workspaceId, query.portalId ?? named, 'portalId');
      await refuseUnknownPortal(pool, workspaceId, [], portalId);
      const { requestHash, bodyHash } = once;
      const stored = await storeRegistration(
        pool,
        { workspaceId, portalId, requestHash, bodyHash, given: stringifyExactJson(given) },
        deps.mostOpen,
      );
      if (!stored) {
        deps.onTurnedAway();
        throw new AppError(
          'too_many_requests',
          `${deps.mostOpen} registrations of portal ${portalId} are open: nothing was done`,
          { retryAfterMs: RETRY_AFTER_MS },
        );
      }
      if (!stored.bodyHash.equals(once.bodyHash))
        throw new AppError(
          'idempotency_conflict',
          'This Idempotency-Key came with another request before: nothing was done. Send a new key with a new request',
        );
      crashPoint('register.request.stored');
      const ref = { workspaceId, portalId: stored.portalId, registrationId: stored.id };
      const answer = await answerWithin(deps, caller, ref, waitOf(headers.prefer));
      return {
        ...answer,
        headers: { ...answer.headers, 'idempotency-key': once.key, ...(!stored.isNew && REPLAYED) },
      };
    },
  }),

  defineOperation({
    ...the,
    id: 'listRegistrations',
    method: 'get',
    path: '/crm/register',
    summary: 'List registrations, the newest first',
    input: {
      query: z.strictObject({
        portalId: portalIdSchema.optional(),
        state: z.enum(REGISTRATION_STATES).optional(),
        ...pageQuery(idSchema),
      }),
    },
    answers: {
      200: {
        description: 'A page of registrations',
        body: pageOf(registrationSchema).meta({ id: 'RegistrationPage' }),
        example: { items: [EXAMPLE_REGISTRATION], next: null },
      },
    },
    errors: ['not_found'],
    async run({ pool }: RegisterDependencies, { workspaceId }, { query }) {
      const db = forWorkspace(pool, workspaceId);
      const page = await readPage(
        query.limit,
        (limit) => listRegistrations(db, workspaceId, { ...query, limit }),
        ({ id }) => id,
      );
      await refuseUnknownPortal(pool, workspaceId, page.items, query.portalId);
      return { status: 200, body: { ...page, items: page.items.map(registrationAnswer) } };
    },
  }),

  defineOperation({
    ...the,
    id: 'showRegistration',
    method: 'get',
    path: '/crm/register/{id}',
    summary: 'Show how far a registration is',
    input: { params },
    exampleParams: { id: '7' },
    answers: {
      200: { description: 'The registration', body: registrationSchema, example: EXAMPLE_REGISTRATION },
    },
    errors: ['not_found'],
    async run({ pool }: RegisterDependencies, { workspaceId }, { params: { id } }) {
      const found = await findRegistration(pool, workspaceId, id);
      if (!found) throw notFound('registration');
      return { status: 200, body: registrationAnswer(found) };
    },
  }),

  defineOperation({
    ...the,
    id: 'resumeRegistration',
    method: 'post',
    path: '/crm/register/{id}/resume',
    summary: 'Write what is left of a registration that failed',
    description: 'What is there is not written again. One that is under way is waited for.',
    input: { params, headers: preferSchema },
    exampleParams: { id: '7' },
    answers: ANSWERS,
    errors: ['not_found', 'conflict', 'registration_failed'],
    async run(deps: RegisterDependencies, caller, { params: { id }, headers }) {
      const { workspaceId } = caller;
      const found = await findRegistration(deps.pool, workspaceId, id);
      if (!found) throw notFound('registration');
      if (found.state === 'failed') {
        if (found.isEmpty)
          throw new AppError('conflict', 'Its values were erased with a person: there is nothing to resume');
        await inAuditedTransaction(deps, caller, async (client, note) => {
          // Somebody else may have resumed it meanwhile.
          if (await resumeRegistration(client, { workspaceId, registrationId: id }))
            note('registration.resume', { registration: id, portalId: found.portalId });
        });
        crashPoint('register.resume.stored');
      }
      const ref = { workspaceId, portalId: found.portalId, registrationId: id };
      return answerWithin(deps, caller, ref, waitOf(headers.prefer));
    },
  }),
];

/** What it has come to when it has ended, or when its caller waits no longer. */
async function answerWithin(
  { pool, waits }: RegisterDependencies,
  { workspaceId }: Caller,
  ref: RegistrationRef,
  waitMs: number,
) {
  let found = await findRegistration(pool, workspaceId, ref.registrationId);
  if (found?.state === 'open') {
    await waits.untilEnded(ref, waitMs);
    found = await findRegistration(pool, workspaceId, ref.registrationId);
  }
  if (!found) throw notFound('registration');
  switch (found.state) {
    case 'done':
      return { status: 200 as const, headers: {}, body: registeredAnswer(found) };
    case 'failed':
      throw incomplete(found);
    case 'refused':
      throw invalidInput(problemsOf(found));
    case 'open': {
      const location = `/crm/register/${found.id}`;
      return { status: 202 as const, headers: { location }, body: registrationAnswer(found) };
    }
  }
}
