/**
 * Properties of Sluice in a portal: the effect that made a record, with unique values; and what the last counted
 * write counted.
 */
export const EFFECT_KEY_PROPERTY = 'sluice_event_id';
export const COUNTER_MARKER = 'sluice_counted';

/** What this portal can do, and how the properties of Sluice are called in it. */
export interface PortalCapabilities {
  readonly portalId: string;
  /**
   * Per object type the unique property that holds our effect key. Where there is one, a repeated create finds the
   * first.
   */
  readonly effectKeyProperties: Readonly<Record<string, string>>;
  /** Fully qualified app events that the app has here. */
  readonly appEvents: ReadonlySet<string>;
  /** The contact property that holds the effect keys of the last counted write. */
  readonly counterMarker: string;
}

/** Objects of which an effect can make a new one each time. */
const CREATED = ['companies', 'deals', 'tickets', 'notes', 'tasks'] as const;

/**
 * `keyed`: the object types that have the unique property for creates; all of them when undefined, as where Sluice
 * may make it.
 */
export function portalCapabilities(
  portalId: number,
  { appEvents, keyed = CREATED }: { appEvents: ReadonlySet<string>; keyed?: readonly string[] },
): PortalCapabilities {
  return {
    portalId: String(portalId),
    effectKeyProperties: Object.fromEntries(keyed.map((objectType) => [objectType, EFFECT_KEY_PROPERTY])),
    appEvents,
    counterMarker: COUNTER_MARKER,
  };
}
