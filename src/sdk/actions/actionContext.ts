import type { ActionHubSpot } from './actionHubSpot.js';

/** The record for which the action is called. */
export interface CalledObject {
  /** HubSpot's id of it. */
  readonly objectId: string;
  /** Such as `CONTACT`; undefined: HubSpot did not say. */
  readonly objectType: string | undefined;
  /** Those that `needs.properties` asks for, as text; null where the record has none. */
  readonly properties: Readonly<Record<string, string | null>>;
}

/** The portal that called. */
export interface ActionPortal {
  /** HubSpot's number of it. */
  readonly portalId: number;
}

/** Where the call came from. */
export interface CallContext {
  /** `WORKFLOWS`, `AGENTS`, … */
  readonly source: string;
  /** The workflow, where it came from one. */
  readonly workflowId: string | undefined;
}

/** A log, with the ids of the execution. Data of a record do not belong there. */
export interface ActionLog {
  /** What went as it should. */
  info(message: string, fields?: object): void;
  /** What did not, and is dealt with. */
  warn(message: string, fields?: object): void;
  /** What somebody has to look at. */
  error(message: string, fields?: object): void;
}

/** What a handler is called with. */
export interface ActionContext<
  Input = Readonly<Record<string, unknown>>,
  SecretName extends string = string,
  Settings = Readonly<Record<string, unknown>>,
> {
  /** The step's fields, as the schema gave them. */
  readonly input: Input;
  /** Undefined: the call is for no record. */
  readonly object: CalledObject | undefined;
  /** Who called. */
  readonly portal: ActionPortal;
  /** Where the call came from. */
  readonly context: CallContext;
  /** Records of the portal. */
  readonly hubspot: ActionHubSpot;
  /**
   * Those that `secrets` names, from the environment of the process. What Sluice logs and keeps of the handler has
   * `[secret]` in their place.
   */
  readonly secrets: Readonly<Record<SecretName, string>>;
  /**
   * What the portal has set of the definition's `settings`, as its schema gave it. A change of them is seen within ten
   * seconds. While one that is needed is missing, the handler is not called: the run waits, and says why.
   */
  readonly settings: Settings;
  /**
   * The same at every try of this execution, and at no other's: an idempotency key for partners. For several effects
   * of one execution, add their names to it.
   */
  readonly key: string;
  /**
   * Does something once: what `fn` resolved with is kept, and given back when the handler is tried again. Where a
   * process dies between the effect and its being kept, it is done again with the same `key`: a partner that knows
   * idempotency keys does it once, and what is doubtful is counted (`doubts` of the run). The result has to be JSON.
   */
  once<Result>(
    name: string,
    fn: (effect: { readonly key: string }) => Promise<Result> | Result,
  ): Promise<Result>;
  /** Aborted when the time of the try is over, or its process stops. */
  readonly signal: AbortSignal;
  /** Says what happens. */
  readonly log: ActionLog;
  /** The number of this try, from 1. */
  readonly attempt: number;
}
