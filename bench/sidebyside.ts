import { spawn } from 'node:child_process';
import { until, type Stack } from '../test/support/stack.js';
import type { Benchmark, Check } from './lib/benchmark.js';
import { startBuiltStack } from './lib/builtStack.js';
import { createPeerMirror, type MirrorRow, type PeerMirror } from './lib/peerMirror.js';
import { installPeers } from './lib/peers.js';
import { installSingerTap, openSingerTap } from './lib/singerTap.js';
import { figure, table } from './lib/table.js';

const LAG_MS = 3000;
/** Of the largest company. */
const COLLEAGUES = 1200;
const COMPARED = {
  contacts: ['email', 'firstname', 'lastname', 'phone', 'city', 'company', 'lifecyclestage', 'numemployees'],
  companies: ['name', 'domain'],
};
/** What a mirror reads with 110 calls in 10 s and 4 searches a second in minutes is read in seconds here. */
const WIDE = {
  ...{ BUDGET_SLOTS: '1000', BUDGET_SEARCH_SLOTS: '100', BUDGET_ASSOCIATION_SLOTS: '1000' },
  // A record that was deleted a moment ago is asked for alone, which HubSpot answers by an error: few of a day's calls,
  // and more of those of a day that lasts for two minutes than are let through. How many is told.
  ERROR_SHARE_PERCENT: '0',
};

/**
 * One portal of the sandbox, three mirrors of its contacts and companies, which read at the same time: ours, Meltano's
 * Singer tap, and the loop that HubSpot's client and guide show. 25,000 contacts change in one millisecond, others are
 * edited, made, archived and merged while all read; pages are short, searches lag behind, one company has 1,200
 * contacts. When all is quiet each reads once more, and is compared with what there is.
 */
const sidebyside: Benchmark = {
  name: 'sidebyside',
  title: "three mirrors of one portal, ours and two peers', against what there is in it",
  runs: 1,

  async run({ quick, say }) {
    const size = quick
      ? { contacts: 3000, ties: 2500, changes: 100, limitMs: 15_000 }
      : { contacts: 30_000, ties: 25_000, changes: 600, limitMs: 40_000 };
    await installPeers(say);
    const hasTap = await installSingerTap(say);
    const stack = await startBuiltStack({ env: WIDE });
    const tap: { remove?: () => void } = {};
    try {
      const portal = await openPortal(stack, size.contacts);
      const url = stack.sandboxProcess.url;
      const token = stack.secrets.tokens.get(portal.portalId)!;
      const peers: Record<string, PeerMirror> = {
        "HubSpot's client": createPeerMirror((state) =>
          spawn(
            process.execPath,
            ['peers/hubspotMirror.mjs', url, token, ...(state === undefined ? [] : [JSON.stringify(state)])],
            { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'pipe'] },
          ),
        ),
      };
      if (hasTap) {
        const { start, remove } = await openSingerTap(url, token);
        tap.remove = remove;
        peers["Meltano's tap"] = createPeerMirror(start);
      }
      const peersRun = () => Promise.all(Object.values(peers).map((peer) => peer.run(size.limitMs)));

      const ends: string[][] = [];
      await portal.startOurs();
      ends.push((await Promise.all([peersRun(), portal.oursReads('load')]))[0]);
      await portal.change(size.ties, size.changes);
      ends.push((await Promise.all([peersRun(), portal.oursReads('changes'), portal.changed()]))[0]);
      ends.push((await Promise.all([peersRun(), portal.oursReads('changes')]))[0]);

      const { calls, errors } = await portal.ourCalls();
      say(`Sluice: ${calls} calls, ${errors} of them answered by an error`);
      const ours = await compared(portal, await portal.ours());
      const rows = [row('Sluice', ours, 'through each time')];
      for (const [n, [name, peer]] of Object.entries(peers).entries())
        rows.push(row(name, await compared(portal, peer), ends.map((all) => all[n]).join('; ')));
      say(table(['', 'missing', 'ghosts', 'stale', 'pairs missing', 'pairs too many', 'its runs'], rows));
      return checksOf(ours);
    } finally {
      tap.remove?.();
      await stack.stop();
    }
  },
};

export default sidebyside;

interface Compared {
  readonly missing: number;
  readonly ghosts: number;
  readonly stale: number;
  readonly pairsMissing: number;
  readonly pairsTooMany: number;
  /** Whatever the sandbox finds wrong, for whoever looks for the reason. */
  readonly examples: unknown;
}

function row(name: string, one: Compared, ends: string): string[] {
  const { missing, ghosts, stale, pairsMissing, pairsTooMany } = one;
  return [name, ...[missing, ghosts, stale, pairsMissing, pairsTooMany].map((n) => figure(n)), ends];
}

function checksOf({ missing, ghosts, stale, pairsMissing, pairsTooMany, examples }: Compared): Check[] {
  const wrong = missing + ghosts + stale;
  if (wrong > 0) console.error(JSON.stringify(examples));
  const counts = { missing, ghosts, stale, 'pairs missing': pairsMissing, 'pairs too many': pairsTooMany };
  return Object.entries(counts).map(([what, n]) => ({ what: `ours: ${what}`, values: [n], atMost: 0 }));
}

/** A portal with companies and contacts, of which the first is large, as HubSpot is at its worst. */
async function openPortal(stack: Stack, contacts: number) {
  const wide = 100_000;
  await stack.sandbox.settings({
    ...{ tenSecondlyLimit: wide, searchPerSecond: 1000, associationsTenSecondlyLimit: wide },
    ...{ searchIndexLagMs: LAG_MS, searchIndexJitterMs: LAG_MS },
  });
  const portalId = await stack.connectPortal();
  const token = stack.secrets.tokens.get(portalId)!;
  const ask = async <T>(method: string, where: string, body?: unknown): Promise<T> => {
    const answer = await fetch(stack.sandboxProcess.url + where, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${where}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const control = <T>(method: string, where: string, body?: unknown) =>
    ask<T>(method, `/_sandbox/portals/${portalId}/crm${where}`, body);
  await control('POST', '/contacts/generate', { count: contacts });
  await stack.sandbox.seed(portalId, 'companies', 20, { name: 'Company {n}', domain: 'c{n}.example.com' });
  const [companies, people] = [await idsOf(ask, 'companies'), await idsOf(ask, 'contacts', 20)];
  const links = people.map((contact, n) => ({
    from: { id: companies[n < COLLEAGUES ? 0 : 1 + (n % (companies.length - 1))] },
    to: { id: contact },
  }));
  await ask('POST', '/crm/v4/associations/companies/contacts/batch/associate/default', { inputs: links });
  await control('PUT', '/contacts/misbehaviour', { shortPages: true });

  return {
    ...{ stack, portalId, ask },
    async startOurs() {
      for (const type of ['companies', 'contacts'])
        await stack.api.must('POST', `/api/sync/${portalId}/${type}`, { action: 'start' });
    },
    /** Until ours has been through, by a run of each kind that began from now on. */
    oursReads: (what: 'load' | 'changes') => oursReads(stack, what),
    async change(ties: number, changes: number) {
      await control('POST', '/contacts/bulk-edit', { count: ties, properties: { city: 'Geneva' } });
      await control('POST', '/mutator', { types: ['contacts'], perSecond: 20, count: changes });
    },
    /** All that was to change has changed, and searches show it. */
    async changed() {
      const isOver = async () => !(await control<{ running: boolean }>('GET', '/mutator')).running;
      await until('everything has changed', isOver, 120_000, 250);
      await new Promise((resolve) => setTimeout(resolve, 2 * LAG_MS + 500));
    },
    /** `company>contact`, as HubSpot shows them. */
    async pairs(): Promise<Set<string>> {
      const pairs = new Set<string>();
      for (const company of companies)
        for (let after: string | undefined = '0'; after !== undefined;) {
          const page: Page<{ toObjectId: number | string }> = await ask(
            'GET',
            `/crm/v4/objects/companies/${company}/associations/contacts?limit=500&after=${after}`,
          );
          for (const { toObjectId } of page.results) pairs.add(`${company}>${toObjectId}`);
          after = page.paging?.next?.after;
        }
      return pairs;
    },
    async ourCalls() {
      const { rows } = await stack.pool.query<{ calls: string; errors: string }>(
        'SELECT sum(calls)::text AS calls, sum(errors)::text AS errors FROM call_counts WHERE portal_id = $1',
        [portalId],
      );
      return rows[0]!;
    },
    ours: () => oursOf(stack, portalId),
  };
}

type Portal = Awaited<ReturnType<typeof openPortal>>;
type Ask = <T>(method: string, where: string, body?: unknown) => Promise<T>;
interface Page<T> {
  readonly results: readonly T[];
  readonly paging?: { readonly next?: { readonly after: string } };
}

async function idsOf(ask: Ask, type: string, pages = 1): Promise<string[]> {
  const ids: string[] = [];
  for (let after: string | undefined = '0', n = 0; after !== undefined && n < pages; n += 1) {
    const page: Page<{ id: string }> = await ask('GET', `/crm/v3/objects/${type}?limit=100&after=${after}`);
    ids.push(...page.results.map(({ id }) => id));
    after = page.paging?.next?.after;
  }
  return ids;
}

/** What reads is due, and due again where a run that began before is over; until all of it was through since. */
async function oursReads({ pool }: Stack, what: 'load' | 'changes'): Promise<void> {
  const { rows: began } = await pool.query<{ at: string }>('SELECT clock_timestamp()::text AS at');
  const since = [began[0]!.at];
  const left = {
    sync_states: `NOT (loaded_at IS NOT NULL AND claimed_at > $1::timestamptz AND lease_until IS NULL
                       AND cursor ->> 'kind' = 'follow' AND cursor -> 'walk' IS NULL)`,
    sync_passes: `pass IN ('archived', 'associations')
                  AND NOT (began_at > $1::timestamptz AND ended_at > began_at AND lease_until IS NULL)`,
  };
  await until(
    `our mirror is through (${what})`,
    async () => {
      const waiting: unknown[] = [];
      for (const [name, condition] of Object.entries(left)) {
        if (what === 'changes')
          await pool.query(
            `UPDATE ${name} SET due_at = clock_timestamp()
              WHERE lease_until IS NULL AND due_at > clock_timestamp() AND ${condition}`,
            since,
          );
        const { rows } = await pool.query(`SELECT * FROM ${name} WHERE ${condition}`, since);
        waiting.push(...rows);
      }
      if (waiting.length > 0) throw new Error(JSON.stringify(waiting));
      return true;
    },
    180_000,
    500,
  );
}

async function oursOf({ pool }: Stack, portalId: number) {
  const { rows } = await pool.query<MirrorRow>(
    `SELECT object_type AS "objectType", id::text AS id, properties FROM crm_records
      WHERE portal_id = $1 AND archived_at IS NULL`,
    [portalId],
  );
  const { rows: pairs } = await pool.query<{ pair: string }>(
    `SELECT from_id || '>' || to_id AS pair FROM crm_edges
      WHERE portal_id = $1 AND from_type = 'companies' AND to_type = 'contacts' AND removed_at IS NULL`,
    [portalId],
  );
  return {
    rows: new Map(rows.map((one) => [`${one.objectType}/${one.id}`, one])),
    pairs: new Set(pairs.map(({ pair }) => pair)),
  };
}

async function compared(
  portal: Portal,
  { rows, pairs }: Pick<PeerMirror, 'rows' | 'pairs'>,
): Promise<Compared> {
  const lines = [...rows.values()].map(({ objectType, id, properties }) => {
    const names = COMPARED[objectType as keyof typeof COMPARED];
    const values = Object.fromEntries(names.map((name) => [name, properties[name] ?? '']));
    return JSON.stringify({ portalId: String(portal.portalId), objectType, id, properties: values });
  });
  const types = Object.keys(COMPARED).join(',');
  const answer = await fetch(
    `${portal.stack.sandboxProcess.url}/_sandbox/verify?portalId=${portal.portalId}&types=${types}`,
    { method: 'POST', body: lines.join('\n') },
  );
  if (!answer.ok) throw new Error(`verify: ${answer.status} ${await answer.text()}`);
  const { missing, ghosts, stale, examples } = (await answer.json()) as Compared;
  const truth = await portal.pairs();
  return {
    ...{ missing, ghosts, stale, examples },
    pairsMissing: [...truth].filter((pair) => !pairs.has(pair)).length,
    pairsTooMany: [...pairs].filter((pair) => !truth.has(pair)).length,
  };
}
