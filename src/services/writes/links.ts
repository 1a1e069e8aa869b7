import { randomUUID } from 'node:crypto';
import { writeEdges, type Edge } from '../../db/crm/edges.js';
import { associatedTypes } from '../../db/sync/associations.js';
import { enterResults } from '../../db/sync/results.js';
import { inWorkspace } from '../../db/tenant.js';
import type { AssociationType } from '../../domain/outbox/effects.js';
import type { Operation } from '../../domain/outbox/operations.js';
import type { Row } from '../../domain/outbox/plan.js';
import type { GatewayRequest, Outcome } from '../../hubspot/gateway/gateway.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { BatchRun } from '../outbox/delivery/batchRun.js';
import { failureOf, failureOfRow, unknownRow, type Failure } from '../outbox/delivery/failure.js';
import { readAllAssociations } from '../sync/hubspotAssociations.js';
import type { WriteThroughDependencies } from './deleteRecord.js';
import type { WritesOf } from './recordWrite.js';
import { KEEPS_NO_COUNTERS } from './writeHooks.js';

/** Two records of one portal. */
export interface Pair {
  readonly of: WritesOf;
  readonly id: string;
  readonly toType: string;
  readonly toId: string;
}

export type Linked =
  | { readonly state: 'done'; readonly types: readonly Pick<Edge, 'category' | 'typeId' | 'label'>[] }
  | { readonly state: 'failed'; readonly failure: Failure };

type Dependencies = WriteThroughDependencies;

const REQUEST_MS = 15_000;

/**
 * Associates two records; `labels` are added to those that they have, as in a delivery (labels.ts), and the answer
 * shows what stands. Rejects with SyncRefused and PairRefused where the associations cannot be read.
 */
export async function linkRecords(
  deps: Dependencies,
  pair: Pair,
  labels: readonly AssociationType[],
): Promise<Linked> {
  const { of, id, toType, toId } = pair;
  const key = randomUUID();
  const operation: Operation = {
    ...{ op: 'link', from: { objectType: of.objectType, id }, to: { objectType: toType, id: toId } },
    ...(labels.length > 0 && { types: labels }),
  };
  const row: Row = {
    parts: [{ eventId: key, n: 0, key, hubspotKey: key, operation }],
    order: key,
    operation,
  };
  const run = new BatchRun({ form: 'link', rows: [row] }, new Map(), KEEPS_NO_COUNTERS);
  for (let next = run.next(); next; next = run.next()) {
    const { portalId, workspaceId } = of;
    const how = { portalId, workspaceId, priority: 'interactive', deadlineMs: REQUEST_MS } as const;
    run.answer(await deps.gateway.request({ ...next.request, ...how }));
    crashPoint('writes.link.answered');
  }
  const result = run.results.get(key);
  if (result?.state !== 'done')
    return {
      state: 'failed',
      failure: result?.state === 'failed' ? result.failure : unknownRow({ harmless: true }),
    };
  return { state: 'done', types: await intoMirror(deps, pair) };
}

/** Ends the association of two records; with labels, these alone. What is not there is ended. */
export async function unlinkRecords(
  deps: Dependencies,
  pair: Pair,
  labels: readonly AssociationType[],
): Promise<Linked> {
  const { of, id, toType, toId } = pair;
  const params = { fromType: of.objectType, toType };
  const failure = await ask(
    deps,
    of,
    labels.length === 0
      ? {
          resource: 'archiveAssociations',
          params,
          body: { inputs: [{ from: { id }, to: [{ id: toId }] }] },
        }
      : {
          resource: 'archiveAssociationLabels',
          params,
          body: { inputs: [{ from: { id }, to: { id: toId }, types: distinct(labels) }] },
        },
  );
  if (failure) return { state: 'failed', failure };
  crashPoint('writes.unlink.answered');
  return { state: 'done', types: await intoMirror(deps, pair) };
}

type UnlinkRequest = Extract<
  GatewayRequest,
  {
    resource: 'archiveAssociations' | 'archiveAssociationLabels';
  }
>;

async function ask(
  { gateway }: Pick<Dependencies, 'gateway'>,
  { portalId, workspaceId }: WritesOf,
  request: Pick<UnlinkRequest, 'resource' | 'params' | 'body'>,
): Promise<Failure | undefined> {
  const outcome: Outcome = await gateway.request({
    ...request,
    ...{ portalId, workspaceId, priority: 'interactive', deadlineMs: REQUEST_MS },
  } as UnlinkRequest);
  if (outcome.kind === 'ok') return undefined;
  if (outcome.kind !== 'partial') return failureOf(outcome, { harmless: true });
  const [error] = outcome.errors;
  return error && failureOfRow(error);
}

function distinct(types: readonly AssociationType[]) {
  const all = new Map(types.map((one) => [`${one.category}/${one.typeId}`, one]));
  return [...all.values()].map(({ category, typeId }) => ({
    associationCategory: category,
    associationTypeId: typeId,
  }));
}

async function readEdges({ gateway, clock }: Dependencies, { of, id, toType }: Pair) {
  const readAt = new Date(clock.nowMs());
  const read = await readAllAssociations({ gateway, ...of, priority: 'interactive' }, toType, [id]);
  return { toType, readAt, ...read };
}

/** Reads what stands now, and has it in the mirror where that has associations of these types. */
async function intoMirror(deps: Dependencies, pair: Pair) {
  const { pool, logger } = deps;
  const { of, toType, toId } = pair;
  const read = await readEdges(deps, pair);
  const { wanted } = await associatedTypes(pool, of);
  if (wanted.includes(toType)) {
    try {
      await inWorkspace(pool, of.workspaceId, async (client) => {
        if (await enterResults(client, of)) await writeEdges(client, of, read, { initial: false });
      });
    } catch (error) {
      logger.warn('Associations that were written could not be stored in the mirror; sync reads them', {
        ...{ portalId: of.portalId, objectType: of.objectType, error },
      });
    }
  }
  return read.edges
    .filter(({ to }) => to === toId)
    .map(({ category, typeId, label }) => ({ category, typeId, label }));
}
