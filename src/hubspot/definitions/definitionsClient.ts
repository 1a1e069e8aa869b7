import { z } from 'zod';
import { heldDefinitionSchema, type HeldDefinition } from '../../domain/actions/heldDefinition.js';
import type { HubSpotDefinition } from '../../domain/actions/hubspotDefinition.js';
import { AppError, type ErrorCode } from '../../platform/errors.js';
import type { Secret } from '../../platform/secret.js';
import { classifyResponse } from '../wire/classifyResponse.js';
import type { OutcomeKind } from '../wire/outcomes.js';
import type { ApiVersions } from '../wire/paths.js';
import type { Transport, TransportRequest } from '../wire/transport.js';

/*
 * The definitions of an app's actions, which are the app's and no portal's: they are asked with the developer's key, or
 * with a token of the developer's account, and count under no portal's limit. A person does so from the command line.
 */

/** What a developer shows HubSpot. Which of the two it takes is the matter of its version (docs/hubspot.md). */
export type DeveloperCredential =
  { readonly kind: 'key'; readonly key: Secret } | { readonly kind: 'token'; readonly token: Secret };

/** What HubSpot does not do is an AppError in words for the developer, which never have the credential. */
export interface DefinitionsClient {
  /** All that are not archived. */
  heldDefinitions(): Promise<HeldDefinition[]>;
  create(definition: HubSpotDefinition): Promise<HeldDefinition>;
  /** Makes a new revision. */
  change(id: string, definition: HubSpotDefinition): Promise<HeldDefinition>;
}

const DEADLINE_MS = 30_000;
const PAGE = 100;
/** An app has some dozens. */
const MAX_PAGES = 20;

const pageSchema = z.object({
  results: z.array(heldDefinitionSchema),
  paging: z.object({ next: z.object({ after: z.string() }).nullish() }).nullish(),
});

export function createDefinitionsClient(deps: {
  readonly transport: Pick<Transport, 'send'>;
  readonly appId: number;
  readonly credential: DeveloperCredential;
  readonly versions: ApiVersions;
}): DefinitionsClient {
  const { transport, appId, credential, versions } = deps;
  const secret = credential.kind === 'key' ? credential.key : credential.token;
  const root = `${definitionsPath(versions, credential)}/${appId}`;

  async function ask<Schema extends z.ZodType>(
    method: TransportRequest['method'],
    path: string,
    { query = {}, body, schema }: { query?: Record<string, string>; body?: unknown; schema: Schema },
  ): Promise<z.output<Schema>> {
    const search = new URLSearchParams(query);
    if (credential.kind === 'key') search.set('hapikey', secret.reveal());
    const result = await transport.send({
      ...{ method, path: search.size > 0 ? `${path}?${search.toString()}` : path, deadlineMs: DEADLINE_MS },
      maySend: () => true,
      headers: {
        ...{ accept: 'application/json', 'user-agent': 'sluice' },
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(credential.kind === 'token' && { authorization: `Bearer ${secret.reveal()}` }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (result.kind !== 'answered') throw failed('unavailable', result.message);
    const clock = { nowMs: Date.now(), timeZone: 'UTC' };
    const outcome = classifyResponse(result.status, result.headers, result.body, clock);
    if (outcome.kind !== 'ok')
      throw failed(codeOf(outcome.kind), 'message' in outcome ? outcome.message : outcome.kind);
    const parsed = schema.safeParse(outcome.body);
    if (!parsed.success) throw failed('unavailable', 'it answered with what is no definition');
    return parsed.data;
  }

  /** HubSpot's words are about the definition; what they quote of the request is not to have the credential. */
  function failed(code: ErrorCode, said: string): AppError {
    const shown = [secret.reveal(), encodeURIComponent(secret.reveal())];
    const words = shown.reduce((text, one) => text.replaceAll(one, '[secret]'), said);
    return new AppError(code, `HubSpot: ${words}${code === 'unauthorized' ? ADVICE : ''}`);
  }

  return {
    async heldDefinitions() {
      const all: HeldDefinition[] = [];
      let after: string | undefined;
      for (let page = 0; page < MAX_PAGES; page += 1) {
        const query = { limit: String(PAGE), archived: 'false', ...(after !== undefined && { after }) };
        const { results, paging } = await ask('GET', root, { query, schema: pageSchema });
        all.push(...results);
        after = paging?.next?.after;
        if (after === undefined) return all;
      }
      throw failed('unavailable', `it lists more than ${MAX_PAGES * PAGE} definitions`);
    },
    create: (body) => ask('POST', root, { body, schema: heldDefinitionSchema }),
    change(id, { functions: _notPatched, ...definition }) {
      // A patch takes nothing for nothing: what is gone is said.
      const body = { objectRequestOptions: { properties: [] }, ...definition };
      return ask('PATCH', `${root}/${encodeURIComponent(id)}`, { body, schema: heldDefinitionSchema });
    },
  };
}

function codeOf(kind: OutcomeKind): ErrorCode {
  switch (kind) {
    case 'unauthorized':
    case 'forbidden':
      return 'unauthorized';
    case 'invalid':
      return 'invalid_input';
    case 'notFound':
      return 'not_found';
    default:
      return 'unavailable';
  }
}

const ADVICE =
  '. A developer API key (HUBSPOT_DEVELOPER_API_KEY) is needed, or a token with developers-read and developers-write (HUBSPOT_DEVELOPER_TOKEN), and HUBSPOT_APP_ID must be an app of that developer';

/**
 * By its description the API of 2026-03 takes a token, those of 2026-09 and v4 the key. So what is shown chooses,
 * unless `actions` has a version of its own.
 */
function definitionsPath(
  { HUBSPOT_API_VERSION, HUBSPOT_API_VERSIONS }: ApiVersions,
  { kind }: DeveloperCredential,
): string {
  const dated = HUBSPOT_API_VERSION === 'v4' ? 'v4' : kind === 'key' ? '2026-09' : '2026-03';
  const version = HUBSPOT_API_VERSIONS.actions ?? dated;
  return version === 'v4' ? '/automation/v4/actions' : `/automation/actions/${version}`;
}
