import type { AnyAction } from '../actions/action.js';
import type { ChangeHandler } from '../client/changeHandler.js';
import { notePlace } from '../place.js';
import type { AnyEventType } from '../outbox/registry/registry.js';
import type { Sink, Transform } from './twoWay.js';

/** How people choose the queue of a step of the throttle. */
export type ThrottleQueueField = 'drop-down' | 'text';

/** Which of what comes with Sluice is there; what is not named is. */
export interface BuiltIns {
  /** The throttle action, at `/api/hubspot/action`. Where it is off, calls are answered so that HubSpot calls again. */
  readonly throttle?: boolean;
  /**
   * What the field `queue` of the throttle is in the workflow editor: `drop-down` (default), of the portal's queues, in
   * which a new name can be typed; or `text`.
   */
  readonly throttleQueue?: ThrottleQueueField;
  /** The five event types of drivers: `driver_signed_up` and so on. `generic` is always there, for mappings. */
  readonly driverEvents?: boolean;
}

/** What you define yourself: the default export of `sluice.config.ts`. */
export interface SluiceConfig<Events extends readonly AnyEventType[] = readonly AnyEventType[]> {
  /** Workflow actions of your own, each at `/api/hubspot/actions/<name>`. */
  readonly actions?: readonly AnyAction[];
  /** Event types of your own, beside those that come with Sluice. */
  readonly events?: Events;
  /** Handlers of the feed of changes, each made by `onChange`: workers call them, under the name of a consumer. */
  readonly on?: readonly ChangeHandler[];
  /** Not yet: what has it is refused. */
  readonly transforms?: readonly Transform[];
  /** Not yet: what has it is refused. */
  readonly sinks?: readonly Sink[];
  readonly builtIns?: BuiltIns;
}

const CONFIGS = new WeakSet<object>();

/**
 * Says what is yours. It is the default export of `sluice.config.ts`, which API, worker and command line load when they
 * start; what is wrong in it ends the start with the line that is to be mended.
 */
export function defineConfig<const Events extends readonly AnyEventType[] = readonly []>(
  config: SluiceConfig<Events>,
): SluiceConfig<Events> {
  if (typeof config === 'object' && (config as unknown) !== null) {
    notePlace(config);
    CONFIGS.add(config);
  }
  return config;
}

/** Whether it was made by `defineConfig` of this very Sluice. */
export function isConfig(value: unknown): value is SluiceConfig {
  return typeof value === 'object' && value !== null && CONFIGS.has(value);
}
