import { z } from 'zod';
import type { Config } from '../../../platform/config/config.js';
import type { Note } from '../../../db/audit/auditedTransaction.js';
import type { Pool, Queryable } from '../../../db/pool.js';
import { AppError } from '../../../platform/errors.js';
import { ACCESSES, accessScopesOf, type Access } from '../../../domain/portals/access.js';
import { FEATURES, type Feature } from '../../../domain/portals/features.js';
import type { Logger } from '../../../platform/logger.js';
import { portalId as answeredPortalId, time } from '../../http/answers.js';
import { answerOnce } from '../../http/answerOnce.js';
import { inAuditedTransaction } from '../../http/auditRequest.js';
import { invalidInput, portalIdSchema, shortList } from '../../http/input.js';
import { defineOperation, type Caller } from '../../http/operation.js';
import { readClaimCode } from './claimCode.js';
import {
  installLinkUrl,
  makeClaimedLink,
  makeInstallLink,
  type LinkPlan,
  type NewLink,
} from './installLink.js';
import { allowedReturnTo } from './returnTo.js';
import { wantsJson } from './wantsJson.js';

/** How long a link is good for: long enough to be opened and to start again, or to be handed to a customer. */
const LINK_MINUTES = { usual: 60, max: 24 * 60 };

const features = shortList(z.enum(FEATURES), 20).meta({
  description: 'What the install switches on; only the scopes of these are asked for',
  override: { type: 'array', items: { type: 'string', enum: [...FEATURES] }, minItems: 1, maxItems: 20 },
});
const access = shortList(z.enum(ACCESSES), 10, 0).meta({
  description:
    'What may be read beside that, where the account can grant it: `custom_objects`, and values that HubSpot calls `sensitive` or `highly_sensitive`. Added to what the portal has granted of it; the app has to declare these scopes as optional ones',
  override: { type: 'array', items: { type: 'string', enum: [...ACCESSES] }, maxItems: 10 },
});
const listed = <One extends string>(all: readonly One[], description: string, example: string) =>
  z
    .string()
    .transform((text) => text.split(/[\s,]+/))
    .pipe(z.array(z.enum(all)).min(1))
    .meta({ description, override: { type: 'string', examples: [example] } });
const returnTo = z
  .string()
  .max(2000)
  .meta({ description: 'Where the browser goes in the end, of an origin in `INSTALL_RETURN_ORIGINS`' });

const linkSchema = z
  .strictObject({
    portalId: portalIdSchema.optional(),
    returnTo: returnTo.optional(),
    features: features.optional(),
    access: access.optional(),
    validForMinutes: z.number().int().min(1).max(LINK_MINUTES.max).default(LINK_MINUTES.usual),
  })
  .meta({ id: 'NewInstallLink' });
const authSchema = z.strictObject({
  portalId: portalIdSchema.optional(),
  returnTo: returnTo.optional(),
  features: listed(
    FEATURES,
    `What the install switches on, separated by commas: ${FEATURES.join(', ')}`,
    'throttle,events',
  ).optional(),
  access: listed(
    ACCESSES,
    `What may be read beside that, separated by commas: ${ACCESSES.join(', ')}`,
    'custom_objects',
  ).optional(),
});
const claimSchema = z
  .strictObject({
    code: z.string().min(1).max(4000),
    features: features.optional(),
    access: access.optional(),
  })
  .meta({ id: 'Claim' });
const NO_CLAIM = 'is not complete, was not made here, or names no account';

const madeLinkSchema = z
  .strictObject({
    id: z.uuid(),
    url: z.string().meta({ description: 'Leads whoever opens it to the page on which the install begins' }),
    expiresAt: time,
  })
  .meta({ id: 'InstallLink' });
const claimedLinkSchema = madeLinkSchema
  .extend({ portalId: answeredPortalId, hubDomain: z.string().nullable() })
  .meta({ id: 'ClaimedInstallLink' });

const EXAMPLE = {
  id: '0b6f2a52-9d0e-4c1b-8f6a-3e5d7c9b1a20',
  url: 'https://sluice.example.com/api/integrations/hubspot/start/3nV0…',
  expiresAt: '2027-01-01T10:30:00.000Z',
};
const EXAMPLE_CODE = 'eyJwIjo0MTAwMDAwOX0.kX3…';

interface Dependencies {
  readonly pool: Pool;
  readonly config: Pick<Config, 'INSTALL_RETURN_ORIGINS' | 'HUBSPOT_CLIENT_SECRET' | 'HUBSPOT_REDIRECT_URI'>;
  readonly logger: Logger;
}

const the = { tag: 'Installs', scopes: ['portals:write'] } as const;

/** The links by which people install the app, as a workspace makes them. */
export const LINK_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'beginInstall',
    method: 'get',
    path: '/api/integrations/hubspot/auth',
    summary: 'Make a link for an install, and go there',
    description:
      'A browser that brings the key itself is redirected to the link. With `Accept: application/json` the link is answered: it has to be opened in the browser that goes to HubSpot, where its cookie is set.',
    input: {
      query: authSchema,
      headers: z.object({ accept: z.string().optional() }),
    },
    answers: {
      200: { description: 'The link, for whoever asks for JSON', body: madeLinkSchema, example: EXAMPLE },
      303: { description: 'To the link, in `Location`' },
    },
    errors: [],
    async run(deps: Dependencies, caller, { query, headers }) {
      const plan = linkPlan(query, caller, deps.config);
      const { link, token } = await inAuditedTransaction(deps, caller, (client, note) =>
        makeLink(client, note, plan),
      );
      if (wantsJson({ headers })) return { status: 200, body: linkAnswer(deps.config, link, token) };
      const location = installLinkUrl(deps.config, token);
      return { status: 303, headers: { Location: location, 'Cache-Control': 'no-store' } };
    },
  }),

  defineOperation({
    ...the,
    id: 'createInstallLink',
    method: 'post',
    path: '/api/integrations/hubspot/links',
    summary: 'Make a link by which somebody installs the app',
    description:
      'Without `portalId` any account is taken. Without `features` what the portal has switched on is kept, or the throttle switched on for a new one. What it has granted of `access` before is asked for again, since a grant replaces the one before. The link ends with the first install that is completed by it; until then it may be opened again.',
    input: { body: linkSchema },
    answers: { 201: { description: 'The link', body: madeLinkSchema, example: EXAMPLE } },
    idempotent: true,
    errors: [],
    example: { body: { portalId: 41_000_009, features: ['throttle', 'events'], validForMinutes: 60 } },
    async run(deps: Dependencies, caller, { body }) {
      const plan = linkPlan(body, caller, deps.config);
      const { answer } = await answerOnce(deps, caller, async (client, note) => {
        const { link, token } = await makeLink(client, note, plan);
        return { answer: { status: 201 as const, body: linkAnswer(deps.config, link, token) } };
      });
      return answer;
    },
  }),

  defineOperation({
    ...the,
    id: 'claimPortal',
    method: 'post',
    path: '/api/integrations/hubspot/claims',
    summary: 'Take an account whose install was begun at HubSpot',
    description:
      'By the claim code that its page showed to the person: makes the link by which they go on. A code is good for a day, and once.',
    input: { body: claimSchema },
    answers: {
      201: {
        description: 'The link',
        body: claimedLinkSchema,
        example: { ...EXAMPLE, portalId: 41_000_009, hubDomain: 'acme.example' },
      },
    },
    idempotent: true,
    errors: ['conflict'],
    example: { body: { code: EXAMPLE_CODE } },
    async run({ pool, config, logger }: Dependencies, caller, { body }) {
      const { code, features: wanted = null, access: more = null } = body;
      refuseNothing(wanted, more);
      const claim = readClaimCode(config, code);
      if (!claim) throw invalidInput([{ path: 'code', message: NO_CLAIM }]);
      const { portalId, hubDomain, returnUrl } = claim;
      const plan = {
        workspaceId: caller.workspaceId,
        ...{ expectedPortalId: portalId, returnTo: returnUrl, features: wanted, access: more },
        ...{ actor: caller.actor, validForMs: LINK_MINUTES.max * 60_000 },
      };
      const { answer } = await answerOnce({ pool, logger }, caller, async (client, note) => {
        const made = await makeClaimedLink(client, plan, claim);
        if (!made) return { answer: undefined };
        note('portal.claim', subjectOf(plan, made.link.id));
        const link = linkAnswer(config, made.link, made.token);
        return { answer: { status: 201 as const, body: { ...link, portalId, hubDomain } } };
      });
      if (!answer) throw new AppError('conflict', 'This claim code has been used, or is more than a day old');
      return answer;
    },
  }),
] as const;

function linkPlan(
  input: Omit<z.output<typeof linkSchema>, 'validForMinutes'> & { validForMinutes?: number },
  { workspaceId, actor }: Caller,
  config: Dependencies['config'],
): LinkPlan {
  const { portalId = null, returnTo: target = null, validForMinutes = LINK_MINUTES.usual } = input;
  if (target !== null && !allowedReturnTo(target, config)) {
    const message = 'must be a URL of an origin that INSTALL_RETURN_ORIGINS lists';
    throw invalidInput([{ path: 'returnTo', message }]);
  }
  refuseNothing(input.features, input.access);
  return {
    workspaceId,
    expectedPortalId: portalId,
    returnTo: target,
    features: input.features ?? null,
    access: input.access ?? null,
    actor,
    validForMs: validForMinutes * 60_000,
  };
}

async function makeLink(client: Queryable, note: Note, plan: LinkPlan): Promise<NewLink> {
  const made = await makeInstallLink(client, plan);
  note('portal.link', subjectOf(plan, made.link.id));
  return made;
}

function linkAnswer(config: Dependencies['config'], link: { id: string; expiresAt: Date }, token: string) {
  return { id: link.id, url: installLinkUrl(config, token), expiresAt: link.expiresAt };
}

function subjectOf({ expectedPortalId, features: wanted, access: more }: LinkPlan, linkId: string) {
  return {
    ...{ linkId, portalId: expectedPortalId ?? undefined },
    ...(wanted && { features: wanted }),
    ...(more && { access: more }),
  };
}

/** Sensitive values of no records are none. */
function refuseNothing(
  wanted: readonly Feature[] | null = null,
  more: readonly Access[] | null = null,
): void {
  if (wanted === null || more === null || more.length === 0) return;
  if (accessScopesOf(more, wanted).length > 0) return;
  const message =
    'names sensitive values of records that are not asked for: add the feature events or sync, or custom_objects';
  throw invalidInput([{ path: 'access', message }]);
}
