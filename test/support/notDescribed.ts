/*
 * What we rest on of HubSpot's API that HubSpot's description of it does not say, or says otherwise, in one list, each
 * with where we have it from. A request may differ from the description in these points and in no other.
 */

export interface NotDescribed {
  readonly what: string;
  /** An address, or the place in our documents that has it with its sources. */
  readonly source: string;
}

/** Requests of which HubSpot has published no description in this version. */
export const REQUESTS_NOT_DESCRIBED = {
  listAssociationLabels: {
    what: 'The labels of associations of two types are listed under /associations/{version}/{from}/{to}/labels',
    source:
      'https://developers.hubspot.com/docs/api-reference/latest/crm/associations/associate-records/guide',
  },
  createAssociationLabel: {
    what: 'A label is made by a POST to where they are listed, with `label` and `name`',
    source:
      'https://developers.hubspot.com/docs/api-reference/latest/crm/associations/associate-records/guide',
  },
  listPipelines: {
    what: 'The pipelines of a type, with their stages, are listed under /crm/pipelines/{version}/{type}',
    source: 'https://developers.hubspot.com/beta-docs/guides/api/crm/pipelines',
  },
  listSchemas: {
    what: "The definitions of an account's own types of objects are listed under /crm-object-schemas/{version}/schemas",
    source: 'https://developers.hubspot.com/docs/api-reference/latest/crm/objects/schemas/get-schemas',
  },
  readPipeline: {
    what: 'One pipeline is read by its id',
    source: 'https://developers.hubspot.com/docs/api-reference/latest/crm/pipelines/get-pipeline',
  },
} as const satisfies Readonly<Record<string, NotDescribed>>;

/** Where a request that is described differs from its description. */
export const NOT_AS_DESCRIBED: readonly (NotDescribed & { readonly problem: RegExp })[] = [
  {
    problem: /^body\.sorts\[\d+\] is no string$/,
    what: 'The sorts of a search are a property and a direction; the description has texts',
    source: 'https://developers.hubspot.com/docs/api-reference/2026-03/crm/search-the-crm',
  },
];

/** What is wrong with a request beside what is known to differ. */
export const unexpected = (problems: readonly string[]): string[] =>
  problems.filter((one) => !NOT_AS_DESCRIBED.some(({ problem }) => problem.test(one)));
