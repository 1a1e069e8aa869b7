import { writeEdges, type Edge } from '../../db/crm/edges.js';
import { associatedTypes } from '../../db/sync/associations.js';
import { enterResults } from '../../db/sync/results.js';
import { inWorkspace } from '../../db/tenant.js';
import type { AssociationType } from '../../domain/outbox/effects.js';
import type { GatewayRequest, Outcome } from '../../hubspot/gateway/gateway.js';
import { failureOf, failureOfRow, type Failure } from '../outbox/delivery/failure.js';
import { readAllAssociations } from '../sync/hubspotAssociations.js';
import type { WriteThroughDependencies } from './deleteRecord.js';
import type { WritesOf } from './recordWrite.js';

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
 * Associates two records; `labels` are added to those that they have. HubSpot replaces the labels of a pair by those
 * that are written, so all are: of two who add one at the same moment one may be lost, and the answer shows what
 * stands. Rejects with SyncRefused and PairRefused where the associations cannot be read.
 */
export async function linkRecords(
  deps: Dependencies,
  pair: Pair,
  labels: readonly AssociationType[],
): Promise<Linked> {
  const { of, id, toType, toId } = pair;
  const params = { fromType: of.objectType, toType };
  const ends = { from: { id }, to: { id: toId } };
  const before = labels.length > 0 ? await typesOf(deps, pair) : [];
  const types = [...before.map(({ category, typeId }) => ({ category, typeId })), ...labels];
  const failure = await ask(
    deps,
    of,
    labels.length === 0
      ? { resource: 'createDefaultAssociations', params, body: { inputs: [ends] } }
      : {
          resource: 'createAssociations',
          params,
          body: { inputs: [{ ...ends, types: distinct(types) }] },
        },
  );
  if (failure) return { state: 'failed', failure };
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
  return { state: 'done', types: await intoMirror(deps, pair) };
}

type LinkRequest = Extract<
  GatewayRequest,
  {
    resource:
      'createDefaultAssociations' | 'createAssociations' | 'archiveAssociations' | 'archiveAssociationLabels';
  }
>;

async function ask(
  { gateway }: Pick<Dependencies, 'gateway'>,
  { portalId }: WritesOf,
  request: Pick<LinkRequest, 'resource' | 'params' | 'body'>,
): Promise<Failure | undefined> {
  const outcome: Outcome = await gateway.request({
    ...request,
    ...{ portalId, priority: 'interactive', deadlineMs: REQUEST_MS },
  } as LinkRequest);
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

async function typesOf(deps: Dependencies, pair: Pair) {
  const { edges } = await readEdges(deps, pair);
  return edges
    .filter(({ to }) => to === pair.toId)
    .map(({ category, typeId, label }) => ({
      ...{ category: category as AssociationType['category'], typeId, label },
    }));
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
