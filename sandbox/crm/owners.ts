import { json, type Answer } from '../platform/answer.js';
import type { PortalRequest } from '../hubspot/request.js';
import type { Crm } from './crm.js';
import { invalid, notFound } from './errors.js';

const MAX_PER_PAGE = 500;
const FIRST_OWNER_ID = 1_167_000_001;
const FIRST_USER_ID = 61_480_101;
const NAMES = ['Ada Lovelace', 'Grace Hopper', 'Katherine Johnson'];
const CREATED_AT = '2024-03-01T09:00:00.000Z';

/** The same few owners in each portal. */
function ownersOf(portalId: number) {
  return NAMES.map((name, n) => {
    const [firstName = '', lastName = ''] = name.split(' ');
    return {
      id: String(FIRST_OWNER_ID + n),
      email: `${firstName.toLowerCase()}@portal-${portalId}.test`,
      type: 'PERSON',
      firstName,
      lastName,
      userId: FIRST_USER_ID + n,
      userIdIncludingInactive: FIRST_USER_ID + n,
      createdAt: CREATED_AT,
      updatedAt: CREATED_AT,
      archived: false,
    };
  });
}

export function listOwners(crm: Crm, { query }: PortalRequest): Answer {
  const limit = Number(query.get('limit') ?? 100);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PER_PAGE) throw invalid('Invalid limit.');
  if (query.get('archived') === 'true') return json(200, { results: [] });
  const email = query.get('email');
  const after = Number(query.get('after') ?? 0);
  const fitting = ownersOf(crm.portalId).filter(
    (owner) => email === null || owner.email === email.toLowerCase(),
  );
  const results = fitting.slice(after, after + limit);
  const next = after + results.length;
  return json(200, {
    results,
    ...(next < fitting.length && { paging: { next: { after: String(next) } } }),
  });
}

/** By owner id, or with `idProperty=userId` by user id. */
export function readOwner(crm: Crm, { params, query }: PortalRequest): Answer {
  const byUser = query.get('idProperty') === 'userId';
  const owner = ownersOf(crm.portalId).find((one) => (byUser ? String(one.userId) : one.id) === params[0]);
  if (!owner) throw notFound(`No owner with id ${params[0] ?? ''} exists.`);
  return json(200, owner);
}
