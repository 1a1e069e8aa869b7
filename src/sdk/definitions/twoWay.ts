/** Where a value that is transformed comes from, and goes to. */
export interface TransformContext {
  /** The portal's number. */
  readonly portalId: number;
  /** HubSpot's property. */
  readonly property: string;
  /** The IANA name of the portal's zone. */
  readonly timeZone: string;
}

/**
 * A step between a value of your application and one of HubSpot's, for mappings of both directions. It computes: it
 * waits for nothing, and gives the same for the same. What it throws is an error of that field alone.
 *
 * This is the form alone: nothing calls one yet, and `defineConfig` refuses them until something does.
 */
export interface Transform<Ours = unknown> {
  /** How mappings name it: small letters, digits and underscores. */
  readonly name: string;
  /** A value of your application, as HubSpot is to have it. Null: it has none. */
  toHubSpot(value: Ours, context: TransformContext): string | null;
  /** What HubSpot has, as your application is to have it; left out: it goes one way. */
  fromHubSpot?(value: string | null, context: TransformContext): Ours;
}

/** A record that is to be written to your application. */
export interface SinkRecord {
  /** The portal's number. */
  readonly portalId: number;
  /** Such as `contacts`. */
  readonly objectType: string;
  /** HubSpot's id. */
  readonly recordId: string;
  /** Your application's, where it is known. */
  readonly ownId: string | null;
  /** The same at every try of this write, and at no other's. */
  readonly key: string;
  /** Fields of your application that are to have another value; null: none. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** What became of one: it is written, or never will be. Whoever throws has all of them tried again. */
export type SinkResult =
  { readonly ok: true; readonly ownId: string } | { readonly ok: false; readonly why: string };

/**
 * Where your application takes what changed at HubSpot, for mappings of both directions.
 *
 * This is the form alone: nothing calls one yet, and `defineConfig` refuses them until something does.
 */
export interface Sink {
  /** How mappings name it: small letters, digits and underscores. */
  readonly name: string;
  /** Writes records, a hundred at most, and says of each what became of it, in their order. */
  write(
    records: readonly SinkRecord[],
    about: { readonly signal: AbortSignal },
  ): Promise<readonly SinkResult[]>;
}
