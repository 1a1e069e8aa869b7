import type { Stack } from '../support/stack.js';
import { recordsAtHubSpot } from './atHubSpot.js';
import type { Figures, Verdict } from './oracle.js';

/*
 * Callers that have contacts registered, each with two deals and two tickets, and who ask again under their key until
 * all of it stands; and the judge, who joins what they were answered with what HubSpot has.
 */

/** Of the deals of a registration, of which there are as many as tickets. */
export const STAGES = ['appointmentscheduled', 'closedlost'] as const;
const COME_AGAIN_MS = 500;
const TYPES = [
  { type: 'deals', name: 'dealname' },
  { type: 'tickets', name: 'subject' },
] as const;

interface Registered {
  readonly contact_id: string;
  readonly deal_ids: readonly string[];
  readonly ticket_ids: readonly string[];
}

export interface RegisterPlay {
  readonly stack: Stack;
  readonly portalId: number;
  /** By the name of whoever was registered. */
  readonly answered: Map<string, Registered>;
  /** Requests that had to come again. */
  again: number;
  /** So many at once (10 if absent). What failed is resumed when it is `mended`. Resolves when all stand. */
  register(
    names: readonly string[],
    how?: { readonly atOnce?: number; readonly mended?: Promise<void> },
  ): Promise<void>;
}

/** Without those that let properties be made. */
export const WITHOUT_SCHEMAS = [
  ...['oauth', 'tickets', 'crm.schemas.contacts.read', 'crm.schemas.deals.read'],
  ...['contacts', 'deals'].flatMap((one) => [`crm.objects.${one}.read`, `crm.objects.${one}.write`]),
];

export const named = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, n) => `${prefix}${n}`);

export function registerPlay(stack: Stack, portalId: number): RegisterPlay {
  const answered = new Map<string, Registered>();
  const play: RegisterPlay = {
    ...{ stack, portalId, answered, again: 0 },
    async register(names, { atOnce = 10, mended = Promise.resolve() } = {}) {
      const left = [...names];
      const caller = async () => {
        for (let name = left.shift(); name !== undefined; name = left.shift())
          answered.set(name, await registered(name, mended));
      };
      await Promise.all(Array.from({ length: atOnce }, caller));
    },
  };

  async function registered(name: string, mended: Promise<void>): Promise<Registered> {
    let resume: string | undefined;
    for (;;) {
      const answer = await ask(name, resume);
      if (answer?.status === 200) return answer.body as Registered;
      play.again += 1;
      const { registration } = (answer?.body ?? {}) as { registration?: { resume: string } };
      if (answer && ![202, 424, 429, 500, 502, 503].includes(answer.status))
        throw new Error(`${name}: ${answer.status} ${JSON.stringify(answer.body)}`);
      resume = registration?.resume;
      if (resume !== undefined) await mended;
      const seconds = Number(answer?.headers.get('retry-after') ?? 0);
      await new Promise((resolve) => setTimeout(resolve, Math.max(seconds * 1000, COME_AGAIN_MS)));
    }
  }

  /** Undefined: nobody answers. */
  async function ask(name: string, resume: string | undefined) {
    const headers = { prefer: 'wait=20', 'idempotency-key': `${portalId}-${name}` };
    const path = resume ?? '/crm/register';
    const body = resume === undefined ? { portalId, ...registrationOf(name) } : {};
    return stack.api
      .request('POST', path, body, resume === undefined ? headers : { prefer: 'wait=20' })
      .catch(() => undefined);
  }
  return play;
}

const addressOf = (name: string) => `${name}@example.com`;
const namesOf = (name: string) => STAGES.map((_, n) => `${name} ${n}`);

function registrationOf(name: string) {
  return {
    contact: { email: addressOf(name), firstname: name },
    deals: namesOf(name).map((dealname, n) => ({ dealname, dealstage: STAGES[n] })),
    tickets: namesOf(name).map((subject) => ({ subject, hs_pipeline_stage: '1' })),
  };
}

/**
 * Lost: what was answered and HubSpot does not have, or has with the values of another. Doubled: records beyond those
 * that were asked for and beyond the doubts that are on record. `beyond`: records that a lost commit costs, by
 * docs/guarantees.md.
 */
export async function judgeRegistrations(
  plays: readonly RegisterPlay[],
  own: { readonly beyond?: number; readonly problems?: readonly string[]; readonly figures?: Figures } = {},
): Promise<Verdict> {
  const sum = { registered: 0, lost: 0, dup: 0, doubts: 0, came_again: 0 };
  const problems: string[] = [];
  let beyond = own.beyond ?? 0;
  for (const { stack, portalId, answered, again } of plays) {
    const { accessToken } = await stack.sandbox.install(portalId);
    const doubts = await doubtsOf(stack, portalId);
    sum.registered += answered.size;
    sum.doubts += doubts;
    sum.came_again += again;
    let tooMany = 0;
    const contacts = await recordsAtHubSpot(stack, accessToken, 'contacts', 'properties=email');
    const addresses = contacts.map(({ properties }) => properties['email'] ?? '');
    tooMany += addresses.length - new Set(addresses).size;
    for (const { type, name } of TYPES) {
      const records = await recordsAtHubSpot(
        stack,
        accessToken,
        type,
        `properties=${name}&associations=contacts`,
      );
      const byId = new Map(records.map((record) => [record.id, record]));
      const wanted = new Set<string>();
      for (const [who, registered] of answered) {
        const ids = type === 'deals' ? registered.deal_ids : registered.ticket_ids;
        if (contacts.find(({ id }) => id === registered.contact_id)?.properties['email'] !== addressOf(who))
          problems.push(`the contact of ${who} is another one`);
        for (const [n, words] of namesOf(who).entries()) {
          const record = byId.get(ids[n] ?? '');
          wanted.add(words);
          const owners = record?.associations?.['contacts']?.results.map(({ id }) => id) ?? [];
          if (record?.properties[name] === words && owners.includes(registered.contact_id)) continue;
          sum.lost += 1;
          problems.push(
            `${type} ${ids[n]} of ${who} is ${record?.properties[name]} of ${owners.join()}, not ${words}`,
          );
        }
      }
      tooMany += records.filter(({ properties }) => wanted.has(properties[name] ?? '')).length - wanted.size;
    }
    const allowed = doubts + beyond;
    beyond -= Math.min(beyond, Math.max(0, tooMany - doubts));
    if (tooMany > allowed) {
      sum.dup += tooMany - allowed;
      problems.push(`${tooMany} records too many in portal ${portalId}, and ${doubts} doubts on record`);
    }
  }
  return {
    problems: [
      ...(sum.lost > 0 ? [`${sum.lost} lost`] : []),
      ...(sum.dup > 0 ? [`${sum.dup} doubled`] : []),
      ...problems.slice(0, 10),
      ...(own.problems ?? []),
    ],
    figures: [...Object.entries(sum), ...(own.figures ?? [])],
  };
}

async function doubtsOf({ pool }: Stack, portalId: number): Promise<number> {
  const { rows } = await pool.query<{ doubts: number }>(
    `SELECT coalesce(sum(s.doubts), 0)::int AS doubts FROM registrations r
       JOIN registration_steps s ON s.workspace_id = r.workspace_id AND s.registration_id = r.id
      WHERE r.portal_id = $1`,
    [portalId],
  );
  return rows[0]?.doubts ?? 0;
}
