import { z } from 'zod';
import { FEATURES } from '../../../domain/portals/features.js';
import type { ErrorCode } from '../../../platform/errors.js';
import { portalId, time } from '../../http/answers.js';
import type { OperationDescription } from '../../http/operation.js';
import { limitedTypeSchema } from './settingsAnswer.js';

const consentSchema = z
  .strictObject({
    workspace: z.string().meta({ description: 'Who asks' }),
    portalId: portalId.nullable().meta({ description: 'The account that is meant; null: any' }),
    scopes: z.array(z.string()),
    optionalScopes: z.array(z.string()),
    proof: z.string().meta({ description: 'That this browser has had the page: sent back by its button' }),
    expiresAt: time,
  })
  .meta({ id: 'Consent' });

const connectedSchema = z
  .strictObject({
    installed: z.literal(true),
    portalId,
    hubDomain: z.string().nullable(),
    asked: z.array(z.string()),
    granted: z.array(z.string()),
    notGranted: z.array(z.string()).meta({ description: 'Optional scopes that HubSpot did not grant' }),
    unmetFeatures: z
      .array(z.strictObject({ feature: z.enum(FEATURES), missing: z.array(z.string()) }))
      .meta({ description: 'Features that are switched on and lack scopes' }),
    limitedTypes: z.array(limitedTypeSchema),
    firstTime: z.boolean(),
  })
  .meta({ id: 'Installed' });
const ledOnSchema = z
  .union([
    z.strictObject({ installed: z.literal(false), url: z.string() }),
    z.strictObject({ installed: z.literal(false), claimUrl: z.string() }),
  ])
  .meta({ id: 'LedOn', description: 'An install that HubSpot began goes on there' });
const claimPageSchema = z
  .strictObject({
    installed: z.literal(false),
    claim: z.strictObject({
      code: z.string(),
      url: z.string(),
      portalId,
      hubDomain: z.string().nullable(),
    }),
  })
  .meta({ id: 'ClaimPage' });

const ALWAYS = ['invalid_input', 'too_many_requests', 'internal', 'unavailable'] as const;
const FROM_HUBSPOT: readonly ErrorCode[] = [
  'install_denied',
  'install_wrong_browser',
  'install_missing_scope',
  'install_wrong_account',
  'install_refused',
  'install_busy',
  'install_expired',
  'install_misconfigured',
  'install_unavailable',
  'install_kept',
];
const ADDRESS = 'https://sluice.example.com/api/integrations/hubspot';
const TOKEN = '3nV0Wq8xq2mC1Z7bU5dK9eR4tY6uI0oPaSdFgHjKlZx';
const CODE = 'eyJwIjo0MTAwMDAwOX0.kX3';
const the = { scopes: 'none', tag: 'Installs', page: true } as const;
const ofLink = { params: z.strictObject({ token: z.string().meta({ description: 'Of the link' }) }) };

/** What people's browsers open during an install: by code of its own (browserRouter.ts). */
export const BROWSER_OPERATIONS: readonly OperationDescription[] = [
  {
    ...the,
    id: 'openInstallLink',
    method: 'get',
    path: '/api/integrations/hubspot/start/{token}',
    summary: 'Open a link of an install',
    description:
      'A page that names the workspace, the account that is expected and the scopes, and sets the cookie by which this browser is known. Nothing is stored yet.',
    input: ofLink,
    answers: {
      200: {
        description: 'What the person is asked',
        body: consentSchema,
        example: {
          workspace: 'Acme',
          portalId: 41_000_009,
          scopes: ['automation', 'oauth'],
          optionalScopes: [],
          proof: 'c2lnbmVkIGJ5IHRoZSBicm93c2Vy',
          expiresAt: '2027-01-01T10:30:00.000Z',
        },
      },
    },
    errors: [...ALWAYS, 'install_expired'],
    exampleParams: { token: TOKEN },
  },
  {
    ...the,
    id: 'consentToInstall',
    method: 'post',
    path: '/api/integrations/hubspot/start/{token}',
    summary: "Go on to HubSpot's page",
    description:
      'The button of the page, in the browser that has had it: for ten minutes HubSpot may send that browser back.',
    input: { ...ofLink, body: z.object({ proof: z.string() }).meta({ id: 'ConsentForm' }) },
    bodyType: 'application/x-www-form-urlencoded',
    answers: { 303: { description: "To HubSpot's page, in `Location`" } },
    errors: [
      ...ALWAYS,
      'body_too_large',
      'unsupported_media_type',
      'install_wrong_browser',
      'install_expired',
    ],
    exampleParams: { token: TOKEN },
    example: { body: { proof: 'c2lnbmVkIGJ5IHRoZSBicm93c2Vy' } },
  },
  {
    ...the,
    id: 'finishInstall',
    method: 'get',
    path: '/api/integrations/hubspot/callback',
    summary: 'Come back from HubSpot',
    description:
      'HubSpot sends the browser here. Without a state of ours HubSpot began the install, and it leads on to a link, or to a page with a claim code.',
    input: {
      query: z.object({
        state: z.string().optional(),
        code: z.string().optional(),
        error: z.string().optional().meta({ description: "HubSpot's name of it" }),
        step: z
          .string()
          .optional()
          .meta({ description: 'Where HubSpot began: `authorize`, then `finalize`' }),
        returnUrl: z.string().optional().meta({ description: "A page of HubSpot's, to return to" }),
      }),
    },
    answers: {
      200: {
        description: 'How it ended, or where it goes on',
        body: z.union([connectedSchema, ledOnSchema]),
        example: {
          installed: true,
          portalId: 41_000_009,
          hubDomain: 'acme.example',
          asked: ['automation', 'oauth'],
          granted: ['oauth', 'automation'],
          notGranted: [],
          unmetFeatures: [],
          limitedTypes: [],
          firstTime: true,
        },
      },
      303: { description: 'To where the install goes on, or to the application that began it' },
    },
    errors: [...ALWAYS, ...FROM_HUBSPOT],
    example: { query: { state: TOKEN, code: 'na1-0a1b2c3d' } },
  },
  {
    ...the,
    id: 'openClaim',
    method: 'get',
    path: '/api/integrations/hubspot/claim/{code}',
    summary: 'Show a claim code, until a workspace has claimed the account',
    input: { params: z.strictObject({ code: z.string().meta({ description: 'The claim code' }) }) },
    answers: {
      200: {
        description: 'The code, and what to do with it',
        body: claimPageSchema,
        example: {
          installed: false,
          claim: {
            code: CODE,
            url: `${ADDRESS}/claim/${CODE}`,
            portalId: 41_000_009,
            hubDomain: 'acme.example',
          },
        },
      },
      303: { description: 'It is claimed: to the link by which the install goes on' },
    },
    errors: [...ALWAYS, 'install_expired'],
    exampleParams: { code: CODE },
  },
];
