import { z } from 'zod';
import type { Pool } from '../../db/pool.js';
import { connectPortal, PORTALS_FULL, type ConnectedPortal } from '../../db/portals/connectPortal.js';
import { PORTAL_STATES } from '../../domain/portals/portal.js';
import { accessTokenContext } from '../../secrets/encryptionContext.js';
import { isTimeZone } from '../../hubspot/gateway/accountInfo.js';
import type { ProveToken } from '../../hubspot/gateway/proveToken.js';
import type { Config } from '../../platform/config/config.js';
import type { Sealing } from '../../secrets/sealing.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { Logger } from '../../platform/logger.js';
import { AppError } from '../../platform/errors.js';
import { Secret } from '../../platform/secret.js';
import { portalId as answeredPortalId, time } from '../http/answers.js';
import { answerOnce } from '../http/answerOnce.js';
import { portalIdSchema, textSchema } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import type { StartPortalWorkflow } from './startPortalWorkflow.js';

const connectSchema = z
  .strictObject({
    portalId: portalIdSchema,
    accessToken: z
      .string()
      .regex(/^[\x21-\x7e]{8,2048}$/, 'must be a token of 8 to 2048 characters without spaces')
      .transform((token) => new Secret(token)),
    name: textSchema(200).optional(),
    timeZone: z
      .string()
      .refine(isTimeZone, 'must be a time zone such as Europe/Dublin')
      .meta({ description: 'In which the account counts its days', example: 'Europe/Dublin' })
      .optional(),
  })
  .meta({ id: 'PortalConnection' });

const connectedSchema = z
  .strictObject({
    portalId: answeredPortalId,
    name: z.string().nullable(),
    state: z.enum(PORTAL_STATES),
    stateReason: z.string().nullable(),
    timeZone: z.string(),
    tokenExpiresAt: time.nullable(),
    installedAt: time,
    updatedAt: time,
  })
  .meta({ id: 'ConnectedPortal' });

const EXAMPLE = {
  portalId: 41_000_009,
  name: 'Acme',
  state: 'active',
  stateReason: null,
  timeZone: 'Europe/Dublin',
  tokenExpiresAt: null,
  installedAt: '2027-01-01T09:30:00.000Z',
  updatedAt: '2027-01-01T09:30:00.000Z',
};

interface Dependencies {
  readonly pool: Pool;
  readonly sealing: Sealing;
  readonly logger: Logger;
  readonly startInstall: StartPortalWorkflow;
  readonly proveToken: ProveToken;
  readonly config: Pick<Config, 'PORTALS_PER_WORKSPACE'>;
}

/** Connects a portal by a private app's token, which HubSpot is asked about before anything is stored. */
export const CONNECT_OPERATIONS = [
  defineOperation({
    id: 'connectPortal',
    method: 'post',
    path: '/api/portals',
    scopes: ['portals:write'],
    tag: 'Portals',
    summary: 'Connect a portal by an access token, or give a connected one another token',
    description:
      'HubSpot is asked first whose token it is, and its time zone is taken over; where it refuses the token or cannot be asked, nothing is stored. The token is sealed, and never shown again. A portal that another workspace holds is not given to whoever has its token: there the way is an install, by a link.',
    input: { body: connectSchema },
    answers: { 201: { description: 'The portal', body: connectedSchema, example: EXAMPLE } },
    idempotent: true,
    errors: ['conflict'],
    example: {
      body: {
        portalId: 41_000_009,
        accessToken: 'pat-eu1-0a1b2c3d',
        name: 'Acme',
        timeZone: 'Europe/Dublin',
      },
    },
    async run(deps: Dependencies, caller, { body: { accessToken, ...portal } }) {
      const { pool, sealing, logger, startInstall, proveToken, config } = deps;
      const { workspaceId } = caller;
      const { portalId } = portal;
      const account = await proveToken(portalId, accessToken);
      crashPoint('portals.connect.proved');
      const accessTokenSealed = await sealing.seal(accessToken, accessTokenContext(workspaceId, portalId));
      const connection = {
        ...portal,
        timeZone: account.timeZone ?? portal.timeZone,
        workspaceId,
        auth: 'private_app',
        accessTokenSealed,
        verified: true,
      } as const;
      const limits = { maxPortals: config.PORTALS_PER_WORKSPACE };
      const { answer, result } = await answerOnce({ pool, logger }, caller, async (client, note) => {
        const did = await connectPortal(client, note, connection, limits);
        const connected = did.kind === 'connected' ? connectedAnswer(did.portal) : undefined;
        return { result: did, answer: connected && { status: 201 as const, body: connected } };
      });
      if (result.kind !== 'connected') throw REFUSALS[result.kind]();
      crashPoint('portals.connect.committed');
      await startInstall({ portalId, workspaceId, epoch: result.portal.epoch });
      return answer ?? { status: 201, body: connectedAnswer(result.portal) };
    },
  }),
] as const;

/** The messages do not reveal whether the portal is known here. */
const REFUSALS = {
  held: () =>
    new AppError(
      'conflict',
      'This portal cannot be connected here: install the app in it by a link, or ask support to move it.',
    ),
  full: () => new AppError('conflict', PORTALS_FULL),
  disconnecting: () =>
    new AppError('conflict', 'This portal is just being disconnected. Try again in a few minutes.'),
};

function connectedAnswer({
  workspaceId: _,
  epoch: __,
  created: ___,
  switchedOn: ____,
  ...portal
}: ConnectedPortal) {
  return portal;
}
