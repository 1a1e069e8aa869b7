import type { FreshVersion } from '../../domain/crm/freshness.js';

interface Of {
  readonly workspaceId: string;
  readonly portalId: number;
  readonly objectType: string;
}

/** A record as an answer shows it. */
interface ShownRecord {
  readonly id: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly createdAt: Date;
  readonly modifiedAt: Date;
  readonly readAt: Date;
  readonly version: number;
}

/** Reads that are no older than what somebody was told: the business of who writes, handed over. */
export interface FreshRecords {
  /** Resolves when the mirror has these versions. False: nothing brings them, as where the type is not mirrored. */
  reached(of: Of, versions: readonly FreshVersion[]): Promise<boolean>;
  /** As HubSpot has it now. Undefined: it has none that is live. */
  fromHubSpot(of: Of, id: string): Promise<ShownRecord | undefined>;
}
