import { z } from 'zod';

const ms = z.int().min(0);
const acceptOrReject = z.enum(['accept', 'reject']);

export const settingsPatch = z.strictObject({
  /**
   * How a callback id is answered that no execution waits for: 204 without effect, or 404 for the whole request. Both
   * were reported (docs/hubspot.md#callbacks).
   */
  unknownCallbacks: acceptOrReject.optional(),
  /** How an input that breaks the schema is answered: 204 without effect, or 400 for the whole request. */
  malformedCallbacks: acceptOrReject.optional(),
  /** The expiry of a BLOCK whose answer has no `hs_expiration_duration`. */
  blockExpiryMs: ms.min(1).optional(),
  tenSecondlyLimit: z.int().min(1).max(100_000).optional(),
  /** For the account, all its apps together. */
  searchPerSecond: z.int().min(1).max(1_000).optional(),
  /** Batches of associations have a limit of their own (docs/hubspot.md#limits). */
  associationsTenSecondlyLimit: z.int().min(1).max(100_000).optional(),
  /** For the account's private apps; apps that are installed by OAuth have no daily limit. */
  dailyLimit: z.int().min(1).max(100_000_000).optional(),
  /** For how long after a write the search answers the state before it. */
  searchIndexLagMs: ms.optional(),
  /** A change may take so much longer, each by another share of it: what is newer may be found before what is older. */
  searchIndexJitterMs: ms.optional(),
  /** Whether administrators' rules hold for a write. HubSpot enforces them from version 2026-09 on. */
  enforceValidationRules: z.enum(['never', 'since 2026-09', 'always']).optional(),
  /** Results and errors of a batch come in the order of its inputs (docs/hubspot.md#batch-endpoints). */
  batchResultsInOrder: z.boolean().optional(),
  /**
   * Results of a batch have `objectWriteTraceId`, which is optional in HubSpot's description. In the guide's example of
   * a create they do not have it, for upserts of 2026-09 it was reported. Errors of a 207 always have it.
   */
  batchResultsHaveTraceIds: z.boolean().optional(),
  /** A batch update answers an error for an id that was merged away; HubSpot was reported to leave it out instead. */
  batchUpdatesReportMergedIds: z.boolean().optional(),
  /** A batch read answers 207 where ids are missing; HubSpot was reported to leave them out in silence. */
  batchReadsReportMissingIds: z.boolean().optional(),
  /** A batch read finds what a merged record became, as a single read does. HubSpot says it of the latter alone. */
  batchReadsFollowMergedIds: z.boolean().optional(),
  /** Records that were merged into others are among the archived ones from then on. */
  mergedRecordsAreArchived: z.boolean().optional(),
  /** A merge makes no third record: the first one keeps its id, as before 2025. */
  mergesKeepTheFirstId: z.boolean().optional(),
  /** For how long archived records can be read and restored. */
  recycleBinMs: ms.optional(),
  /**
   * A batch read by e-mail finds contacts by their further addresses. It was reported that it does not, while a create
   * with one is refused as it should be (docs/hubspot.md#records-and-properties).
   */
  batchReadsFindFurtherAddresses: z.boolean().optional(),
  actionTimeoutMs: ms.min(1).optional(),
  retryBaseMs: ms.min(1).optional(),
  retryMaxMs: ms.min(1).optional(),
  /** For how long after a BLOCK a completion has no effect yet. */
  raceWindowMs: ms.optional(),
  tokenLifetimeSeconds: z.number().positive().optional(),
  /** Each refresh answers a new refresh token; the old one is valid for another `rotationInvalidatesOldAfterMs`. */
  rotateRefreshTokens: z.boolean().optional(),
  rotationInvalidatesOldAfterMs: ms.optional(),
  /** HubSpot stops `/oauth/v1` on 2027-02-16 (docs/hubspot.md#versions-and-paths). */
  oauthV1Enabled: z.boolean().optional(),
  clientCredentialsEnabled: z.boolean().optional(),
  /** Token answers have `hub_id`, `user_id` and `scopes`, which are optional in HubSpot's description. */
  tokenRepliesNameHub: z.boolean().optional(),
  /** Fields that token answers have in place of their own, such as `{"expires_in": "soon", "user_id": null}`. */
  tokenReply: z.record(z.string(), z.json()).optional(),
  /** For how long the webhooks journal has what happened, and the addresses of its files lead to them. */
  journalRetentionMs: ms.min(1).optional(),
  journalFileLifetimeMs: ms.optional(),
  journalEventsPerFile: z.int().min(1).max(10_000).optional(),
  journalRequestsPerSecond: z.int().min(1).max(1_000).optional(),
  /** So many subscriptions the app may have, of all portals together. */
  journalSubscriptions: z.int().min(0).max(10_000).optional(),
  /** The key of the app's developer account, and how many subscriptions the app may have by the webhooks API. */
  developerKey: z.string().min(1).optional(),
  webhookSubscriptions: z.int().min(0).max(10_000).optional(),
  /** What is amiss with the journal's files: their address has expired or is of a foreign host, or what it leads to. */
  journalFiles: z.enum(['sound', 'expired', 'foreign', 'oversized', 'cut', 'redirected']).optional(),
  /** How a refresh is refused after an uninstall. Both were reported (docs/hubspot.md#oauth-and-tokens). */
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
    searchIndexJitterMs: 0,
    enforceValidationRules: 'since 2026-09',
    batchResultsInOrder: false,
    batchResultsHaveTraceIds: false,
    batchUpdatesReportMergedIds: false,
    batchReadsReportMissingIds: true,
    batchReadsFollowMergedIds: true,
    mergedRecordsAreArchived: false,
    mergesKeepTheFirstId: false,
    recycleBinMs: 90 * 24 * 3_600_000,
    batchReadsFindFurtherAddresses: false,
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
    tokenReply: {},
    journalRetentionMs: 3 * 24 * 3_600_000,
    journalFileLifetimeMs: 300_000,
    journalEventsPerFile: 10_000,
    journalRequestsPerSecond: 100,
    journalSubscriptions: 50,
    developerKey: 'sandbox-developer-key',
    webhookSubscriptions: 1_000,
    journalFiles: 'sound',
    uninstalledRefresh: 'BAD_REFRESH_TOKEN',
  };
}
