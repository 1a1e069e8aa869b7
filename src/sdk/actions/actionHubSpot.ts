/** A record of the portal that called. */
export interface HubSpotRecord {
  readonly id: string;
  /** As text, as HubSpot has them; null: empty. */
  readonly properties: Readonly<Record<string, string | null>>;
}

/**
 * The portal's records, by the gateway: with the portal's token and within its limits, which actions share with all
 * else. Types are HubSpot's: `contacts`, `deals`, `2-3465404`. Rejects with a HubSpotRefused.
 */
export interface ActionHubSpot {
  /** Undefined: there is no such record (any more). */
  readRecord(
    objectType: string,
    id: string,
    properties: readonly string[],
  ): Promise<HubSpotRecord | undefined>;
  /** Not twice: call it within `once`. */
  createRecord(objectType: string, properties: Readonly<Record<string, string>>): Promise<HubSpotRecord>;
  /** An empty text clears a property. */
  updateRecord(
    objectType: string,
    id: string,
    properties: Readonly<Record<string, string>>,
  ): Promise<HubSpotRecord>;
}

/** HubSpot did not do what it was asked. A handler that lets it through is tried again. */
export class HubSpotRefused extends Error {
  override readonly name = 'HubSpotRefused';
  /** Such as `invalid`, `notFound`, `forbidden`, `throttled`, `unavailable`; `unknown`: it may have been done. */
  readonly kind: string;
  /** Undefined: no answer came. */
  readonly status: number | undefined;

  /** HubSpot's words may quote values of a record. */
  constructor(kind: string, status: number | undefined, message: string) {
    super(message);
    this.kind = kind;
    this.status = status;
  }
}
