import type { RegistrationRef } from '../../db/register/registrations.js';
import { isTransientDatabaseError } from '../../db/pool.js';
import type { ShownRecord } from '../../db/sync/results.js';
import type { RecordWrite } from '../../services/writes/recordWrite.js';
import { bookStep, takeInHand, type StepInHand, type StepResult } from '../../db/register/steps.js';
import type { CheckedRegistration } from '../../domain/register/checkRegistration.js';
import {
  isAskedFor,
  LINKS,
  WRITES,
  type LinkingStep,
  type RowFailure,
  type Step,
  type WritingStep,
} from '../../domain/register/steps.js';
import type { Row } from '../../domain/outbox/plan.js';
import type { OwnProperty } from '../../sdk/outbox/registry/ownProperties.js';
import { isFinal, type Failure } from '../../services/outbox/delivery/failure.js';
import type { OutboxRequest } from '../../services/outbox/delivery/outboxRequest.js';
import {
  EXTERNAL_KEY,
  linkRows,
  recordRows,
  REQUEST_KEY,
  type KeysThere,
} from '../../services/register/stepRows.js';
import { newPairs } from '../../services/register/newPairs.js';
import { againInMs, reasonOf } from '../../services/register/verdict.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { StepTried } from '../../temporal/register/contract.js';
import type { RegisterDependencies } from './registerDependencies.js';
import { sendRows, type RowOutcome } from './sendRows.js';
import { lostRows } from './lostRows.js';
import { planAnew } from './checkStep.js';

const DEADLINE_MS = 30_000;
/** Then nothing more is sent: by the time-out of the activity somebody else may have the step. */
const SENDS_FOR_MS = 60_000;

const KEYS: readonly OwnProperty[] = [
  { name: REQUEST_KEY, label: 'Sluice request', type: 'string', unique: true },
  { name: EXTERNAL_KEY, label: 'Sluice external id', type: 'string', unique: true },
];

/** Writes the records of a step that are not written yet. */
export async function writeStep(
  deps: RegisterDependencies,
  ref: RegistrationRef,
  step: WritingStep,
): Promise<StepTried> {
  const inHand = await takeInHand(deps.pool, ref, step, WRITES[step]);
  if (typeof inHand === 'string') return { state: inHand };
  crashPoint('register.step.taken');
  const plan = JSON.parse(inHand.plan ?? '') as CheckedRegistration;
  const of = { ...ref, request: inHand.request };
  const needsExternal = step !== 'contact' && plan[step].some(({ externalId }) => externalId !== undefined);
  const isEmpty = step !== 'contact' && plan[step].length === 0;
  const keys =
    step === 'contact' || isEmpty
      ? { request: false, external: false }
      : await keysOf(deps, ref, WRITES[step], needsExternal);
  if ('class' in keys) return book(deps, ref, step, inHand, { rows: [], failure: keys });
  const rows = recordRows(step, plan, of, keys);
  const refused = rows.map((_, n): Failure | undefined =>
    step !== 'contact' && plan[step][n]?.externalId !== undefined && !keys.external ? NO_EXTERNAL : undefined,
  );
  return book(deps, ref, step, inHand, { rows, refused });
}

const NO_EXTERNAL: Failure = {
  class: 'permanent',
  message: `external_id needs the property ${EXTERNAL_KEY} with unique values, which the portal lacks and Sluice may not make: make it in HubSpot, or leave external_id out, then resume`,
};

/** Associates what other steps wrote. */
export async function linkStep(
  deps: RegisterDependencies,
  ref: RegistrationRef,
  step: LinkingStep,
): Promise<StepTried> {
  const inHand = await takeInHand(deps.pool, ref, step, null);
  if (typeof inHand === 'string') return { state: inHand };
  crashPoint('register.step.taken');
  const plan = JSON.parse(inHand.plan ?? '') as CheckedRegistration;
  const idsOf = (name: Step) => inHand.before.find((one) => one.step === name)?.recordIds ?? [];
  const of = { ...ref, request: inHand.request };
  const { from, to } = LINKS[step];
  const types = plan.associations?.[step]?.types;
  const rows = isAskedFor(step, plan.associations)
    ? linkRows(step, of, idsOf(from), idsOf(to), types, newPairs(step, plan, inHand))
    : [];
  return book(deps, ref, step, inHand, { rows });
}

interface Work {
  readonly rows: readonly (Row | undefined)[];
  /** By row, why it is not sent at all. */
  readonly refused?: readonly (Failure | undefined)[];
  /** Why none of them is sent now. */
  readonly failure?: Failure;
}

/** Sends what is left of a step, and books what came of it. */
async function book(
  deps: RegisterDependencies,
  ref: RegistrationRef,
  step: Step,
  inHand: StepInHand,
  { rows, refused = [], failure }: Work,
): Promise<StepTried> {
  const { pool, gateway, properties, patience, writes, clock, tombstones, logger } = deps;
  const { fence } = inHand;
  const places = failure ? inHand.recordIds : rows;
  const recordIds = places.map((_, n) => inHand.recordIds[n] ?? null);
  const made = places.map((_, n) => inHand.made[n] ?? false);
  const isUnsure = places.map((_, n) => (inHand.sentMsAgo[n] ?? null) !== null);
  const failures = new Map<number, Failure>();
  const endsAt = performance.now() + SENDS_FOR_MS;
  const ask = (request: OutboxRequest) =>
    gateway.request({
      ...{ ...request, portalId: ref.portalId, workspaceId: ref.workspaceId },
      ...{ priority: 'interactive', deadlineMs: DEADLINE_MS },
      maySend: () => performance.now() < endsAt,
    });

  const lost = await lostRows({ ask, rows, inHand });
  for (const [n, one] of lost) {
    isUnsure[n] = one.state === 'unsure';
    if (one.state === 'found') recordIds[n] = one.id;
    if (one.state === 'unsure') failures.set(n, one.failure);
  }
  crashPoint('register.lost.looked');
  refused.forEach((one, n) => one && failures.set(n, one));
  const left = rows.flatMap((row, n) =>
    row && recordIds[n] === null && !failures.has(n) ? [{ row, n }] : [],
  );
  const note = async (making: readonly Row[]) => {
    const sending = rows.map((row) => row !== undefined && making.includes(row));
    sending.forEach((one, n) => {
      if (one) isUnsure[n] = true;
    });
    const noted = await bookStep(pool, ref, step, fence, {
      ...{ state: 'intended', recordIds, made, isUnsure, sending, failures: null },
    });
    crashPoint('register.create.noted');
    return noted;
  };
  const upsert = (objectType: string, all: readonly RecordWrite[], keys: readonly string[]) =>
    writes.submit({ workspaceId: ref.workspaceId, portalId: ref.portalId, objectType }, all, keys);
  let doubts = 0;
  const outcomes = failure
    ? new Map<Row, RowOutcome>()
    : await sendRows(
        left.map(({ row }) => row),
        { ask, note, upsert },
      );
  const readAt = new Date(clock.nowMs());
  for (const { row, n } of left) {
    const outcome = outcomes.get(row);
    isUnsure[n] = outcome?.state === 'failed' && outcome.isUnsure;
    if (outcome?.state === 'done') {
      recordIds[n] = outcome.id;
      made[n] = outcome.isNew;
    } else failures.set(n, outcome?.failure ?? failure ?? NOT_TRIED);
    if (isUnsure[n]) doubts += 1;
  }
  crashPoint('register.step.sent');
  const all = [...failures.values(), ...(failure ? [failure] : [])];
  const isContradicted = all.some((one) => CONTRADICTED.has(one.code ?? '') || isOfLabel(rows, one));
  if (all.some(lacksKey)) properties.forget(ref);
  const plan = isContradicted && inHand.tries === 1 ? await planAnew(deps, ref, inHand) : undefined;
  crashPoint('register.step.planned-anew');
  const inMs = plan ? 0 : all.length === 0 ? undefined : againInMs(all, inHand, patience);
  const open = isUnsure.some(Boolean) ? 'ambiguous' : 'intended';
  const state = all.length === 0 ? 'done' : inMs === undefined ? 'failed' : open;
  const ends = state === 'failed' && step === 'contact';
  const result: StepResult = {
    ...{ state, recordIds, made, isUnsure, doubts, failures: written(failures, failure) },
    ...(plan && { plan }),
    ...(ends && { ends: { state: 'failed' } }),
  };
  const records = shownIn(outcomes);
  const shown =
    step in WRITES && records.length > 0
      ? { objectType: WRITES[step as WritingStep], records, readAt, tombstones }
      : undefined;
  const booked = await bookStep(pool, ref, step, fence, { ...result, ...(shown && { shown }) }).catch(
    (error: unknown) => {
      if (!shown || isTransientDatabaseError(error)) throw error;
      // HubSpot has them, and whoever follows its changes finds them.
      logger.warn('Records of a registration could not be stored in the mirror; they are read by sync', {
        ...{ portalId: ref.portalId, objectType: shown.objectType, error },
      });
      return bookStep(pool, ref, step, fence, result);
    },
  );
  crashPoint('register.step.booked');
  if (!booked) return { state: 'again', inMs: 1000 };
  deps.metrics.tried(step, doubts);
  if (ends) deps.metrics.ended('failed');
  if (ends) return { state: 'over' };
  return inMs === undefined ? { state: 'done' } : { state: 'again', inMs };
}

function shownIn(outcomes: ReadonlyMap<Row, RowOutcome>): ShownRecord[] {
  return [...outcomes.values()].flatMap((outcome) => {
    if (outcome.state !== 'done' || !outcome.record) return [];
    const { id, properties, createdAt, modifiedAt } = outcome.record;
    return createdAt === undefined || modifiedAt === undefined
      ? []
      : [{ id, properties, createdAt, modifiedAt }];
  });
}

const NOT_TRIED: Failure = { class: 'transient', message: 'It was not tried' };
/** HubSpot's words for a property, or a value, that is another one than was remembered. */
const CONTRADICTED = new Set(['PROPERTY_DOESNT_EXIST', 'INVALID_OPTION', 'READ_ONLY_VALUE']);

/** HubSpot may mean one of ours: whether those are there is asked for anew. */
function lacksKey({ code, properties: [...names] = [] }: Failure): boolean {
  return (
    code === 'PROPERTY_DOESNT_EXIST' && (names.length === 0 || KEYS.some(({ name }) => names.includes(name)))
  );
}

/** HubSpot refuses an association with a label: there may be no such label any more. */
function isOfLabel(rows: readonly (Row | undefined)[], failure: Failure): boolean {
  return isFinal(failure) && rows.some((row) => row?.operation.op === 'link' && row.operation.types);
}

function written(failures: ReadonlyMap<number, Failure>, failure: Failure | undefined): string | null {
  const rows: RowFailure[] = [...failures].map(([row, one]) => ({
    ...{ row, property: one.properties?.[0] ?? null, reason: reasonOf(one) },
  }));
  if (failure) rows.push({ row: 0, property: null, reason: reasonOf(failure) });
  return rows.length === 0 ? null : JSON.stringify(rows);
}

/** Which properties of ours the portal has, or has now; a failure that passes makes the step wait. */
async function keysOf(
  { properties, make }: RegisterDependencies,
  ref: RegistrationRef,
  objectType: string,
  needsExternal: boolean,
): Promise<KeysThere | Failure> {
  const wanted = KEYS.filter(({ name }) => needsExternal || name !== EXTERNAL_KEY);
  const presences = await properties.ensure(ref, objectType, wanted, { make });
  for (const presence of presences.values())
    if (typeof presence !== 'string' && !isFinal(presence)) return presence;
  return {
    request: presences.get(REQUEST_KEY) === 'there',
    external: presences.get(EXTERNAL_KEY) === 'there',
  };
}
