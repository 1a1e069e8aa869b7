import type { AssociationType } from '../../domain/outbox/effects.js';
import type { Row } from '../../domain/outbox/plan.js';
import type { Operation, Target } from '../../domain/outbox/operations.js';
import type { CheckedRecord, CheckedRegistration } from '../../domain/register/checkRegistration.js';
import { LINKS, WRITES, type LinkingStep, type Step, type WritingStep } from '../../domain/register/steps.js';

/** Properties of ours at deals and tickets: the request that made a record, and its caller's own id for it. */
export const REQUEST_KEY = 'sluice_request_key';
export const EXTERNAL_KEY = 'sluice_external_id';

/** Which of them the portal has. */
export interface KeysThere {
  readonly request: boolean;
  readonly external: boolean;
}

interface Of {
  readonly registrationId: string;
  /**
   * The request that it was made for: its key and what it asks for. A database that went back gives a request that
   * comes again another number, and its old one to another request: by this both are told at HubSpot.
   */
  readonly request: string;
}

/** The rows of a step that writes records, in the order of the input. */
export function recordRows(step: WritingStep, plan: CheckedRegistration, of: Of, keys: KeysThere): Row[] {
  const records = step === 'contact' ? [plan.contact] : plan[step];
  return records.map((record, n) =>
    rowOf(step, n, of, {
      ...{ op: 'record', objectType: WRITES[step], counters: {}, links: [] },
      ...{ properties: record.properties, ...placeOf(step, n, record, of, keys) },
    }),
  );
}

/** The rows that associate what was written, all of the first record first; undefined where one is not there. */
export function linkRows(
  step: LinkingStep,
  of: Of,
  fromIds: readonly (string | null)[],
  toIds: readonly (string | null)[],
  types: readonly AssociationType[] = [],
  areNew: (from: number, to: number) => boolean = () => false,
): (Row | undefined)[] {
  const [from, to] = [WRITES[LINKS[step].from], WRITES[LINKS[step].to]];
  return fromIds.flatMap((fromId, i) =>
    toIds.map((toId, j) =>
      fromId === null || toId === null
        ? undefined
        : rowOf(step, i * toIds.length + j, of, {
            ...{ op: 'link', from: { objectType: from, id: fromId }, to: { objectType: to, id: toId } },
            ...(types.length > 0 && { types }),
            ...(areNew(i, j) && { areNew: true }),
          }),
    ),
  );
}

/** By which a repeat finds what the first try made. */
function placeOf(
  step: WritingStep,
  n: number,
  { properties, externalId }: CheckedRecord,
  of: Of,
  keys: KeysThere,
): { readonly mode: 'upsert' | 'create'; readonly target?: Target } {
  const by = (property: string, value: string) =>
    ({ mode: 'upsert', target: { objectType: WRITES[step], by: { property, value } } }) as const;
  if (step === 'contact') return by('email', properties['email'] ?? '');
  if (externalId !== undefined && keys.external) return by(EXTERNAL_KEY, externalId);
  return keys.request ? by(REQUEST_KEY, keyOf(step, n, of)) : { mode: 'create' };
}

function rowOf(step: Step, n: number, of: Of, operation: Operation): Row {
  const key = keyOf(step, n, of);
  return {
    parts: [{ eventId: of.registrationId, n, key, hubspotKey: key, operation }],
    order: key,
    operation,
  };
}

const keyOf = (step: Step, n: number, { request }: Of) => `${request}/${step}/${n}`;
