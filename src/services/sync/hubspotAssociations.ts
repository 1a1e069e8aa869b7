import { z } from 'zod';
import type { Edge } from '../../db/crm/edges.js';
import { storeText } from '../../domain/crm/storedText.js';
import type { Priority } from '../../domain/hubspot/priorities.js';
import type { Gateway, Outcome } from '../../hubspot/gateway/gateway.js';
import { idSchema, understood } from './hubspotAnswers.js';
import { refusedBy, SyncRefused } from './syncRefused.js';

/** So many records HubSpot takes in one call. */
export const ASSOCIATIONS_BATCH = 1000;
/** Whoever waits longer gives its slot back, and comes again. */
const DEADLINE_MS = 20_000;
/** So many pages of one record without anything new are no list any more. */
const MOST_BARREN = 2;
/** What fits into memory, and into one transaction, together. Of one record that has more they are read in parts. */
export const MOST_EDGES = 100_000;

// A number in one version of the path, text in another one (docs/hubspot.md#associations).
const anyIdSchema = z.union([z.string(), z.number().int().transform(String)]).pipe(idSchema);
const otherSchema = z.object({
  toObjectId: anyIdSchema,
  associationTypes: z.array(
    z.object({
      category: z.string().regex(/^[A-Z_]{1,40}$/),
      typeId: z.number().int().min(1).max(2_147_483_647),
      label: z.string().nullish(),
    }),
  ),
});
const answerSchema = z.object({
  results: z.array(
    z.object({
      from: z.object({ id: anyIdSchema }),
      to: z.array(otherSchema),
      paging: z
        .object({
          next: z.object({ after: z.union([z.string(), z.number()]).transform(String) }).nullish(),
        })
        .nullish(),
    }),
  ),
  errors: z
    .array(
      z.object({
        subCategory: z.unknown().optional(),
        context: z.record(z.string(), z.array(z.string())).nullish(),
      }),
    )
    .nullish(),
});
const NONE = 'crm.associations.NO_ASSOCIATIONS_FOUND';

/** What HubSpot shows of records' associations with those of another type. */
export interface AssociationsSeen {
  /** Of these it has shown all that there are; one that has no edge has none. */
  readonly ids: readonly string[];
  readonly edges: readonly Edge[];
}

/** HubSpot's word on the associations of two types is final until a person does something. */
export class PairRefused extends Error {
  override readonly name = 'PairRefused';
}

/**
 * The records have more associations than can be dealt with at a time: fewer records are to be asked for, and of one
 * record a part of them at a time.
 */
export class TooManyEdges extends Error {
  override readonly name = 'TooManyEdges';
}

interface Dependencies {
  readonly gateway: Pick<Gateway, 'request'>;
  readonly portalId: number;
  readonly objectType: string;
  readonly priority: Priority;
}

/**
 * Reads all associations of records with those of another type. Records that HubSpot twice names an error for are not
 * among the answer's: nothing is known of them. Rejects with SyncRefused where HubSpot does not show what it should,
 * with PairRefused where it will not, and with TooManyEdges.
 */
export async function readAllAssociations(
  deps: Dependencies,
  toType: string,
  ids: readonly string[],
  most = MOST_EDGES,
): Promise<AssociationsSeen> {
  const found: Found = { edges: [], others: new Set(), failed: new Set() };
  const all = new Set(ids);
  let asked: readonly Asked[] = [...all].map((id) => ({ id, barren: 0, again: false }));
  while (asked.length > 0) {
    const next: Asked[] = [];
    for (let at = 0; at < asked.length; at += ASSOCIATIONS_BATCH)
      next.push(...(await readBatch(deps, toType, asked.slice(at, at + ASSOCIATIONS_BATCH), found)));
    if (found.edges.length > most && (next.length > 0 || all.size > 1)) throw new TooManyEdges();
    asked = next;
  }
  const { edges, failed } = found;
  if (failed.size > 0 && failed.size === all.size) throw incomplete();
  return {
    ids: [...all].filter((id) => !failed.has(id)),
    edges: failed.size === 0 ? edges : edges.filter(({ from }) => !failed.has(from)),
  };
}

/** Some of the associations of one record with those of another type, and where the others begin. */
export interface PartOfAssociations {
  readonly edges: readonly Edge[];
  /** Undefined: there are no others. */
  readonly next: string | undefined;
}

/** Reads the associations of one record from a page on, `most` of them and what is left of their last page. */
export async function readPartOfAssociations(
  deps: Dependencies,
  toType: string,
  id: string,
  { after, most = MOST_EDGES }: { readonly after: string | undefined; readonly most?: number | undefined },
): Promise<PartOfAssociations> {
  const found: Found = { edges: [], others: new Set(), failed: new Set() };
  let asked: readonly Asked[] = [{ id, ...(after !== undefined && { after }), barren: 0, again: false }];
  while (asked.length > 0 && found.edges.length < most) asked = await readBatch(deps, toType, asked, found);
  if (found.failed.size > 0) throw incomplete();
  return { edges: found.edges, next: asked[0]?.after };
}

interface Found {
  readonly edges: Edge[];
  /** Which others of each were shown: a page that shows none but those leads nowhere. */
  readonly others: Set<string>;
  /** Records of which nothing is known. */
  readonly failed: Set<string>;
}

/** A record whose associations are not all read yet. */
interface Asked {
  readonly id: string;
  readonly after?: string;
  readonly barren: number;
  /** HubSpot has said nothing of it, or an error, when it was asked before. */
  readonly again: boolean;
}

/** Notes what HubSpot shows, and returns those that are to be asked again. */
async function readBatch(
  deps: Dependencies,
  toType: string,
  asked: readonly Asked[],
  found: Found,
): Promise<Asked[]> {
  const outcome = await answerTo(deps, toType, asked);
  if (outcome.kind === 'unknown' && outcome.reason === 'too_large' && asked.length > 1) {
    const half = asked.length >> 1;
    return [
      ...(await readBatch(deps, toType, asked.slice(0, half), found)),
      ...(await readBatch(deps, toType, asked.slice(half), found)),
    ];
  }
  if (outcome.kind !== 'ok' && outcome.kind !== 'partial') throw refusal(outcome, deps.objectType, toType);
  const { results, errors } = understood(answerSchema, outcome.body);
  const waiting = new Map(asked.map((one) => [one.id, one]));
  const next: Asked[] = [];
  for (const { from, to, paging } of results) {
    const one = waiting.get(from.id);
    // Of a record that was merged HubSpot may show the one that it became: that is found by its own id.
    if (!one) continue;
    waiting.delete(one.id);
    const known = found.others.size;
    for (const other of to) {
      found.others.add(`${one.id} ${other.toObjectId}`);
      for (const edge of edgesTo(one.id, other)) found.edges.push(edge);
    }
    const after = paging?.next?.after;
    if (after !== undefined) next.push(onwards(one, after, found.others.size - known));
  }
  for (const { subCategory, context } of errors ?? []) {
    const named = Object.values(context ?? {}).flat();
    const theirs = named.flatMap((id) => waiting.get(id) ?? []);
    // An error that is about nobody may be about any of them.
    if (theirs.length === 0) throw incomplete();
    for (const one of theirs) {
      waiting.delete(one.id);
      if (subCategory === NONE) continue;
      if (one.again) found.failed.add(one.id);
      else next.push({ ...one, again: true });
    }
  }
  for (const one of waiting.values()) {
    // Of a record without any HubSpot may say nothing at all (docs/hubspot.md#associations): believed the second time.
    if (!one.again) next.push({ ...one, again: true });
    else if (outcome.kind === 'partial' || one.after !== undefined) throw incomplete();
  }
  return next;
}

function edgesTo(from: string, { toObjectId, associationTypes }: z.output<typeof otherSchema>): Edge[] {
  return associationTypes.map(({ category, typeId, label }) => ({
    ...{ from, to: toObjectId, category, typeId },
    label: label === null || label === undefined || label === '' ? null : storeText(label),
  }));
}

function onwards(one: Asked, after: string, newOthers: number): Asked {
  const barren = newOthers === 0 ? one.barren + 1 : 0;
  if (after === one.after || barren >= MOST_BARREN)
    throw new SyncRefused('HubSpot named a next page of associations that leads nowhere: asked again later', {
      errorClass: 'stuck',
    });
  return { id: one.id, after, barren, again: false };
}

const incomplete = () =>
  new SyncRefused('HubSpot showed the associations of some records only; they are asked again', {
    errorClass: 'unclear',
  });

function answerTo(
  { gateway, portalId, objectType, priority }: Dependencies,
  toType: string,
  asked: readonly Asked[],
): Promise<Outcome> {
  return gateway.request({
    resource: 'readAssociations',
    params: { fromType: objectType, toType },
    body: { inputs: asked.map(({ id, after }) => ({ id, ...(after !== undefined && { after }) })) },
    ...{ portalId, priority, deadlineMs: DEADLINE_MS },
  });
}

function refusal(
  outcome: Exclude<Outcome, { kind: 'ok' | 'partial' }>,
  objectType: string,
  toType: string,
): Error {
  const pair = `associations of ${objectType} with ${toType}`;
  if (outcome.kind === 'forbidden') {
    const scopes = outcome.missingScopes.length > 0 ? `: ${outcome.missingScopes.join(', ')}` : '';
    return new PairRefused(
      `The portal has not granted what reading ${pair} needs${scopes}. Authorise it anew, then resume`,
    );
  }
  if (outcome.kind === 'notFound') return new PairRefused(`The portal has no ${pair}. Resume to ask again`);
  return refusedBy(outcome, objectType);
}
