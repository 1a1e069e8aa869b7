import type { ErrorClass } from '../../../domain/outbox/retry.js';
import type { SentCustomEvent } from '../../../domain/outbox/customEvents.js';
import { maskMessage } from '../../../domain/outbox/mask.js';
import type { Target } from '../../../domain/outbox/operations.js';
import type { Outcome, RowError, UnavailableReason } from '../../../hubspot/wire/outcomes.js';
import { isFinalCategory } from '../../../hubspot/wire/refusals.js';

/** Why an effect did not take place, in a form that may be stored. */
export interface Failure {
  readonly class: ErrorClass;
  /** What happened and what to do. Without personal data. */
  readonly message: string;
  /** HubSpot's own words, masked, where it refused something. */
  readonly said?: string;
  readonly retryAfterMs?: number;
  /** Nothing was sent, and why. */
  readonly unsent?: UnavailableReason;
  readonly correlationId?: string;
  readonly status?: number;
  /** HubSpot's. */
  readonly category?: string;
  /** HubSpot's code within the category, `PROPERTY_DOESNT_EXIST`. */
  readonly code?: string;
  /** The properties that HubSpot objects to, and the record that it says has their values. */
  readonly properties?: readonly string[];
  readonly existingId?: string;
  /** What it is about may have taken effect, and would a second time: the next try looks first. */
  readonly mayBeDone?: boolean;
  /** Of a request that sent custom events, and of no other. */
  readonly customEvent?: SentCustomEvent;
}

/** What the code throws for one event. */
export function unhandled(error: unknown): Failure {
  return {
    class: 'poison',
    message: `Sluice cannot handle this event (${thrown(error)}). Correct the event type or its mapping, or report it, then redrive`,
  };
}

/** Its name and where it was thrown, for whoever looks for the fault: its words may hold data of the event. */
export function thrown(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const frame = error.stack?.split('\n').find((line) => /^\s+at /.test(line)) ?? '';
  const place = /^([\w.-]+\.[jt]s:\d+):\d+\)?$/.exec(frame.slice(frame.lastIndexOf('/') + 1))?.[1];
  return place === undefined ? error.name : `${error.name} in ${place}`;
}

/** Outcomes of which no row of a request came through. */
type BadOutcome = Exclude<Outcome, { kind: 'ok' | 'partial' }>;

/**
 * What an outcome of the gateway means for the rows of its request. `harmless`: repeating the request does nothing
 * twice, so that an answer that never came is an ordinary failure.
 */
export function failureOf(outcome: BadOutcome, { harmless }: { harmless: boolean }): Failure {
  const rest = {
    ...(outcome.correlationId === undefined ? {} : { correlationId: outcome.correlationId }),
    ...(outcome.status === undefined ? {} : { status: outcome.status }),
    ...('category' in outcome && outcome.category !== undefined ? { category: outcome.category } : {}),
    ...('code' in outcome && outcome.code !== undefined ? { code: outcome.code } : {}),
    ...('retryAfterMs' in outcome && outcome.retryAfterMs !== undefined
      ? { retryAfterMs: outcome.retryAfterMs }
      : {}),
    ...('properties' in outcome && outcome.properties.length > 0 ? { properties: outcome.properties } : {}),
    ...('existingId' in outcome && outcome.existingId !== undefined
      ? { existingId: outcome.existingId }
      : {}),
  };
  const as = (errorClass: ErrorClass, message: string): Failure => ({ class: errorClass, message, ...rest });
  const said = 'category' in outcome && { said: maskMessage(outcome.message) };

  switch (outcome.kind) {
    case 'throttled':
      return as(
        'rate',
        outcome.policy === 'DAILY'
          ? 'The portal has used up its calls of this day; it goes on after midnight of its time zone'
          : `HubSpot's limit or the budget has no place now (${outcome.policy}); it goes on by itself`,
      );
    case 'locked':
      return as('locked', 'The record is being changed by somebody else at this moment (423)');
    case 'migrating':
      return as(
        'migrating',
        'HubSpot is moving the account to another data centre (477); it goes on afterwards',
      );
    case 'unauthorized':
      return as('auth', "HubSpot does not accept the portal's access any more: connect the portal again");
    case 'forbidden':
      return {
        ...as(
          believed(outcome.category),
          outcome.missingScopes.length > 0
            ? `The app lacks the scopes ${outcome.missingScopes.join(', ')}: grant them, then redrive`
            : `HubSpot does not allow it (403 ${outcome.category ?? ''}): ${maskMessage(outcome.message)}`,
        ),
        ...said,
      };
    case 'notFound':
      return as(
        'permanent',
        'HubSpot has no such record or resource (404): it may have been deleted or merged',
      );
    case 'invalid':
      return { ...as(believed(outcome.category), refusal(outcome)), ...said };
    case 'unavailable': {
      // No turn came, or the process is stopping: nothing was tried.
      if (NOTHING_TRIED.has(outcome.reason))
        return { ...as('rate', describe(outcome)), unsent: outcome.reason };
      const mayBeDone = outcome.effect === 'possible' && !harmless;
      const words = mayBeDone ? `${describe(outcome)}; it may have taken effect` : describe(outcome);
      if (NOT_UNDERSTOOD.has(outcome.reason))
        return { ...as('unclear', words), ...(mayBeDone && { mayBeDone }) };
      return as(mayBeDone ? 'unknown' : 'transient', words);
    }
    case 'unknown': {
      const words = `No answer that can be understood (${outcome.reason})`;
      if (outcome.reason === 'unreadable' || outcome.reason === 'too_large')
        return { ...as('unclear', words), ...(!harmless && { mayBeDone: true }) };
      return harmless
        ? as('transient', `${words}; a repeat is harmless`)
        : as('unknown', `${words}; it may have taken effect`);
    }
  }
}

const NOTHING_TRIED: ReadonlySet<UnavailableReason> = new Set(['budget', 'permit', 'breaker', 'stopped']);
const NOT_UNDERSTOOD: ReadonlySet<UnavailableReason> = new Set(['foreign', 'unclear', 'redirect']);

/** A refusal whose category is not known may pass. */
function believed(category: string | undefined): 'permanent' | 'unclear' {
  return category === undefined || isFinalCategory(category) ? 'permanent' : 'unclear';
}

/** What the error of one row of a 207 means for it. */
export function failureOfRow({ category, message, properties = [], code, existingId }: RowError): Failure {
  switch (category) {
    case undefined:
      return { class: 'unclear', message: `HubSpot does not say what is wrong: ${maskMessage(message)}` };
    case 'RATE_LIMITS':
      return {
        class: 'rate',
        category,
        message: "HubSpot's limit was reached within the batch",
        retryAfterMs: 10_000,
      };
    case 'INTERNAL_ERROR':
    case 'SERVICE_UNAVAILABLE':
      return { class: 'transient', category, message: `HubSpot failed at this row (${category})` };
    default:
      return {
        class: believed(category),
        message: `HubSpot refused this row (${[category, code].filter((part) => part !== undefined).join(', ')}${named(properties)}): ${maskMessage(message)}. What to do: ${adviceFor(code)}`,
        category,
        said: maskMessage(message),
        ...(code === undefined ? {} : { code }),
        ...(properties.length === 0 ? {} : { properties }),
        ...(existingId === undefined ? {} : { existingId }),
      };
  }
}

/**
 * A path that HubSpot does not have. It may be a mistake of ours or of theirs that passes, or a definition that the
 * portal lacks: it waits, people are told, and as nothing of a portal gets through, its circuit opens.
 */
export function noResource(failure: Failure): Failure {
  return {
    ...failure,
    class: 'unclear',
    message:
      'HubSpot has no such resource (404), whatever the record: the object type or the event definition is missing in the portal, or HUBSPOT_API_VERSION names a version that is gone. Nothing was changed',
  };
}

/**
 * Another record has what only one may have, and may be another person's: which of the two is meant is for people to
 * say.
 */
export function conflict(refused: Failure, recordId?: string): Failure {
  const record = recordId === undefined ? 'another record' : `the record ${recordId}`;
  const what = refused.properties?.join(', ') ?? 'a unique value';
  return {
    ...refused,
    class: 'conflict',
    message: `In HubSpot ${record} has ${what} of this one, and a different key or none that tells whose it is. Merge the two or correct one of them there: it then goes on by itself`,
  };
}

/** The record is the one that is meant, as far as can be told, and the workspace wants to say so itself. */
export function notAdopted(refused: Failure, recordId: string): Failure {
  return {
    ...refused,
    class: 'conflict',
    message: `In HubSpot the record ${recordId} stands for this one under another key, and the workspace adopts none by itself. Give it the key there, or set foundByAnotherKey to adopt: it then goes on by itself`,
  };
}

/** A record that must be there is not. */
export function noRecord(target: Target): Failure {
  return {
    class: 'permanent',
    message: `HubSpot has no record in ${target.objectType} ${described(target)}: it may have been deleted. Make it, then redrive`,
  };
}

function described(target: Target): string {
  if ('by' in target) return `by this ${target.by.property}`;
  return 'id' in target ? `with the id ${target.id}` : `of the effect ${target.effectKey}`;
}

/** A look-up that was to show a record passes over it, and does not say that it is not there. */
export function passedOver(target: Target): Failure {
  return {
    class: 'transient',
    message: `HubSpot's answer does not show the record in ${target.objectType} ${described(target)}, and does not say that it is not there`,
  };
}

/** What a request would find out that is refused for good: what it was to show is not known. */
export function cannotConfirm({ message, correlationId }: Failure): Failure {
  return {
    class: 'transient',
    message: `HubSpot's answer does not say what became of this row, and it cannot be looked up. ${message}`,
    ...(correlationId === undefined ? {} : { correlationId }),
  };
}

/** HubSpot took the request, and its answer does not show this row. `harmless`: a repeat does nothing twice. */
export function unknownRow({ harmless }: { harmless: boolean }): Failure {
  return {
    class: harmless ? 'transient' : 'unknown',
    message: "HubSpot's answer does not say what became of this row",
  };
}

/**
 * Failures of the portal or the network, not of the rows: the same would happen to everything else that is sent now.
 */
export function concernsAll(failure: Failure): boolean {
  return ['rate', 'migrating', 'auth', 'transient', 'unclear', 'unknown'].includes(failure.class);
}

/** Failures that a repeat does not change: what waits behind may go on. */
export function isFinal({ class: errorClass }: Failure): boolean {
  return errorClass === 'permanent' || errorClass === 'poison';
}

function refusal(outcome: Extract<Outcome, { kind: 'invalid' }>): string {
  const code = [outcome.category, outcome.code].filter((part) => part !== undefined).join(', ');
  return `HubSpot refused it (${outcome.status} ${code}${named(outcome.properties)}): ${maskMessage(outcome.message)}. What to do: ${adviceFor(outcome.code)}`;
}

function named(properties: readonly string[]): string {
  return properties.length > 0 ? `; properties: ${properties.join(', ')}` : '';
}

function adviceFor(code: string | undefined): string {
  return ADVICE[code ?? ''] ?? 'correct what it says, then redrive';
}

const ADVICE: Readonly<Record<string, string>> = {
  PROPERTY_DOESNT_EXIST: 'create the property in HubSpot or let Sluice create it, then redrive',
  INVALID_OPTION: 'send one of the options that the property has, or add this one in HubSpot, then redrive',
  INVALID_EMAIL: 'correct the e-mail address at its source, then redrive',
  MISSING_REQUIRED_PROPERTY:
    'the portal requires this property: let the event carry it, or relax the rule there',
  MISSING_CONDITIONAL_REQUIRED_PROPERTY:
    'the portal requires this property: let the event carry it, or relax the rule there',
};

function describe(outcome: Extract<Outcome, { kind: 'unavailable' }>): string {
  const status = outcome.status === undefined ? '' : ` (${outcome.status})`;
  return `HubSpot was out of reach: ${outcome.reason}${status}`;
}
