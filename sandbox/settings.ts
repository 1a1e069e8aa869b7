import { z } from 'zod';

const ms = z.int().min(0);
const acceptOrReject = z.enum(['accept', 'reject']);

export const settingsPatch = z.strictObject({
  /** A callback id that nobody waits for: 204 without effect, or 404 for the whole request. Both were seen live. */
  unknownCallbacks: acceptOrReject.optional(),
  /** An entry that breaks the schema: 204 without effect, or 400 for the whole request. */
  malformedCallbacks: acceptOrReject.optional(),
  /** How long a BLOCK holds when the answer names no `hs_expiration_duration`. */
  blockExpiryMs: ms.min(1).optional(),
  tenSecondlyLimit: z.int().min(1).max(100_000).optional(),
  /** Of one account, all its apps together. */
  searchPerSecond: z.int().min(1).max(1_000).optional(),
  /** Batches of associations have a bucket of their own. */
  associationsTenSecondlyLimit: z.int().min(1).max(100_000).optional(),
  /** Of an account's private apps; apps that are installed by OAuth have none. */
  dailyLimit: z.int().min(1).max(100_000_000).optional(),
  /** How long after a write the search still shows what was before. */
  searchIndexLagMs: ms.optional(),
  /** Rules that administrators made: HubSpot enforces them from version 2026-09 on. */
  enforceValidationRules: z.enum(['never', 'since 2026-09', 'always']).optional(),
  /** Results and errors of a batch in the order of its inputs. HubSpot promises none. */
  batchResultsInOrder: z.boolean().optional(),
  /**
   * `objectWriteTraceId` in the results of a batch: optional by HubSpot's description. The guide's answers to creates
   * have none, upserts of 2026-09 were seen to have it. The errors of a 207 carry it always.
   */
  batchResultsHaveTraceIds: z.boolean().optional(),
  /** An id that was merged away is an error of its row in a batch update. It was seen live to be left out in silence. */
  batchUpdatesReportMergedIds: z.boolean().optional(),
  actionTimeoutMs: ms.min(1).optional(),
  retryBaseMs: ms.min(1).optional(),
  retryMaxMs: ms.min(1).optional(),
  /** How long after reading BLOCK the enrolment is not yet ready to be completed. */
  raceWindowMs: ms.optional(),
  tokenLifetimeSeconds: z.number().positive().optional(),
  /** Each refresh hands out a new refresh token; the old one is good for `rotationInvalidatesOldAfterMs` more. */
  rotateRefreshTokens: z.boolean().optional(),
  rotationInvalidatesOldAfterMs: ms.optional(),
  /** HubSpot stops `/oauth/v1` on 2027-02-16. */
  oauthV1Enabled: z.boolean().optional(),
  clientCredentialsEnabled: z.boolean().optional(),
  /** `hub_id`, `user_id` and `scopes` in a token reply: they are optional by HubSpot's description. */
  tokenRepliesNameHub: z.boolean().optional(),
  /** How a refresh is refused after the app was uninstalled. Both were seen live. */
  uninstalledRefresh: z.enum(['BAD_REFRESH_TOKEN', 'BAD_HUB']).optional(),
});

type Patch = z.infer<typeof settingsPatch>;
export type Settings = { [Name in keyof Patch]-?: NonNullable<Patch[Name]> };

export function defaultSettings(): Settings {
  return {
    unknownCallbacks: 'accept',
    malformedCallbacks: 'accept',
    blockExpiryMs: 7 * 24 * 3_600_000,
    tenSecondlyLimit: 110,
    searchPerSecond: 5,
    associationsTenSecondlyLimit: 150,
    dailyLimit: 625_000,
    searchIndexLagMs: 0,
    enforceValidationRules: 'since 2026-09',
    batchResultsInOrder: false,
    batchResultsHaveTraceIds: false,
    batchUpdatesReportMergedIds: false,
    actionTimeoutMs: 20_000,
    retryBaseMs: 1_000,
    retryMaxMs: 3_600_000,
    raceWindowMs: 0,
    tokenLifetimeSeconds: 1_800,
    rotateRefreshTokens: false,
    rotationInvalidatesOldAfterMs: 0,
    oauthV1Enabled: true,
    clientCredentialsEnabled: false,
    tokenRepliesNameHub: true,
    uninstalledRefresh: 'BAD_REFRESH_TOKEN',
  };
}
