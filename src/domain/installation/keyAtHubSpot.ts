/*
 * The keys that HubSpot gets, by which it knows a repeat: values of unique properties, ids of app and custom events,
 * markers of counters. They name the installation that numbered the event, so that no other one (a second service on
 * the same portal, a database that was restored and numbers anew) says the same of something else.
 */

/** An installation, and the first event that is its own; its events end where the next one's begin. */
export interface InstallationRange {
  readonly id: string;
  /** Of 64 bits, as text. */
  readonly fromEventId: string;
}

/**
 * The installation whose event this is. Undefined: it was captured before installations had ids, and keeps the key
 * under which it may have been sent. `ranges` in ascending order.
 */
export function installationOf(eventId: string, ranges: readonly InstallationRange[]): string | undefined {
  return ranges.findLast(({ fromEventId }) => BigInt(fromEventId) <= BigInt(eventId))?.id;
}

export function keyAtHubSpot(effectKey: string, installation: string | undefined): string {
  return installation === undefined ? effectKey : `${installation}.${effectKey}`;
}
