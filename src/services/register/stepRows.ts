import type { Row } from '../../domain/outbox/plan.js';
import type { Operation, Target } from '../../domain/outbox/operations.js';
import { keyAtHubSpot } from '../../domain/installation/keyAtHubSpot.js';
import type { CheckedRecord, CheckedRegistration } from '../../domain/register/checkRegistration.js';
import { LINKS, WRITES, type Step, type WritingStep } from '../../domain/register/steps.js';

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
  readonly installation: string;
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

/** The rows that associate the contact with what was written; undefined where there is nothing to associate. */
export function linkRows(
  step: keyof typeof LINKS,
  of: Of,
  contactId: string,
  recordIds: readonly (string | null)[],
): (Row | undefined)[] {
  return recordIds.map((id, n) =>
    id === null
      ? undefined
      : rowOf(step, n, of, {
          op: 'link',
          from: { objectType: 'contacts', id: contactId },
          to: { objectType: WRITES[LINKS[step]], id },
        }),
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
  const key = `${of.registrationId}/${step}/${n}`;
  const hubspotKey = keyAtHubSpot(key, of.installation);
  return { parts: [{ eventId: of.registrationId, n, key, hubspotKey, operation }], order: key, operation };
}

const keyOf = (step: Step, n: number, { registrationId, installation }: Of) =>
  keyAtHubSpot(`${registrationId}/${step}/${n}`, installation);
