import type { z } from 'zod';
import type { ActionContext } from './actionContext.js';

/** What people read of the action in HubSpot, in one language. */
export interface ActionLabels {
  /** What the action is called in the workflow editor. */
  readonly actionName: string;
  /** What it does, in a sentence. */
  readonly actionDescription?: string;
  /** What its card says, with fields as `{{name}}`. */
  readonly actionCardContent?: string;
  /** What the app is called. */
  readonly appDisplayName?: string;
  /** By the names of the fields. */
  readonly inputFieldLabels?: Readonly<Record<string, string>>;
  /** By the names of the fields. */
  readonly inputFieldDescriptions?: Readonly<Record<string, string>>;
  /** By the names of the outputs. */
  readonly outputFieldLabels?: Readonly<Record<string, string>>;
  /** By the names of the rules. */
  readonly executionRules?: Readonly<Record<string, string>>;
}

/** A language of HubSpot's. */
export type Language = 'en' | 'fr' | 'de' | 'ja' | 'es' | 'pt-br' | 'nl';

/** What a rule looks at: outputs by name, with the values for which it says something. */
export type RuleConditions = Readonly<Record<string, string | readonly string[]>>;

/** A field that is shown, or whose options are fetched, once another is filled in. */
export interface Dependency {
  /** The fields that wait. */
  readonly fields: readonly string[];
  /** The field that they wait for. */
  readonly on: string;
  /** They wait for this value of it; undefined: for any. */
  readonly is?: string;
}

/** Where executions wait for their turn. */
export interface Lane {
  /** So many may begin in any window of so long. Default: the throttle's (100 in 10 seconds). */
  readonly rate?: { readonly limit: number; readonly intervalMs: number };
  /**
   * The input field whose value names the queue: steps with the same value share one rate. Default: all executions of
   * the action in a portal share one.
   */
  readonly queue?: string;
}

/** How a handler that throws is tried again. */
export interface Retry {
  /** The first pause; it doubles each time, up to an hour. Default 1,000. */
  readonly initialMs?: number;
  /**
   * So long after its turn an execution is no longer tried: it ends with the code `gave_up`. Default one day, and never
   * longer than HubSpot holds the record.
   */
  readonly giveUpAfterMs?: number;
}

/** Who may call the action: workflows, and agents, which are told what it does. */
export type Client =
  | 'WORKFLOWS'
  | {
      /** HubSpot's agents. */
      readonly client: 'AGENTS';
      /** What kind of tool it is to them. */
      readonly toolType: 'GET_DATA' | 'GENERATE' | 'TAKE_ACTION';
      /** When and for what an agent should use it. */
      readonly description: string;
    };

/** A workflow action of one's own: what HubSpot shows of it, and what is done when a record reaches it. */
export interface Action<
  Name extends string = string,
  Input extends z.ZodObject = z.ZodObject,
  Output extends z.ZodObject = z.ZodObject,
  SecretName extends string = string,
  Settings extends z.ZodObject = z.ZodObject,
> {
  /** Its place in the URL that HubSpot calls (`/api/hubspot/actions/greet`), which never changes. */
  readonly name: Name;
  /** Grows with each change of what it takes or gives. */
  readonly version: number;
  /** The fields of the step. HubSpot sends text, of which the values are made. */
  readonly input: Input;
  /** What a workflow can go on with. */
  readonly output: Output;
  /** By language; English has to be there. */
  readonly labels: Readonly<Partial<Record<Language, ActionLabels>>> & { readonly en: ActionLabels };
  /** Such as `CONTACT`. Default: workflows of all types. */
  readonly objectTypes?: readonly string[];
  /** The properties of the record that come with the call. */
  readonly needs?: { readonly properties: readonly string[] };
  /** Fields that wait for others. */
  readonly depends?: readonly Dependency[];
  /** What HubSpot says of an execution, by what its outputs are; the first that fits counts. */
  readonly rules?: Readonly<Record<string, RuleConditions>>;
  /** Where executions wait for their turn, and how many begin in which time. */
  readonly lane?: Lane;
  /** How a handler that throws is tried again. */
  readonly retry?: Retry;
  /** So long a try may take. Default 30 seconds; of an inline answer what is left of 3 seconds. */
  readonly timeoutMs?: number;
  /**
   * `callback` (default): HubSpot holds the record until it is done. `inline`: the call is answered by the result; the
   * handler runs in the process that takes HubSpot's calls, so what computes for long belongs into `callback`.
   */
  readonly answer?: 'callback' | 'inline';
  /**
   * The variables of the environment that the handler gets as `context.secrets`. The worker does not start without
   * them, nor does the API where the action answers inline.
   */
  readonly secrets?: readonly SecretName[];
  /**
   * What each portal says for itself, such as its key of a partner: fields like those of `input`, kept sealed, that the
   * handler gets as `context.settings`. A field with `.meta({ secret: true })` is never shown again. Actions that name
   * the same field share its value.
   */
  readonly settings?: Settings;
  /** Default: workflows. Agents may have no callback: what they call answers inline. */
  readonly clients?: readonly Client[];
  /** The handler. What it throws is tried again, but ActionFailed. */
  run(
    context: ActionContext<z.output<Input>, SecretName, z.output<Settings>>,
  ): Promise<z.input<Output>> | z.input<Output>;
}

/** An action whose fields are not known here; its schemas say what fits. */
export type AnyAction = Omit<Action, 'run'> & {
  /** As that of an Action: it takes what its own schema gave. */
  run(context: ActionContext<never, string, never>): unknown;
};

/** The actions that there are. */
export type ActionsByName = ReadonlyMap<string, AnyAction>;
