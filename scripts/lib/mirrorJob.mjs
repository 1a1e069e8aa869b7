import { setTimeout as delay } from 'node:timers/promises';
import { callJson } from './http.mjs';
import { Trouble } from './trouble.mjs';

export const MIRROR = { contacts: 5000, companies: 500, edits: 200 };

const POLL_MS = 250;
const LINE_EVERY_MS = 2000;
/** So often is a type asked to be read again, whose next read comes within a minute otherwise. */
const AGAIN_MS = 2000;
const DEADLINE_MS = 60_000;
const BAR = 10;
const TYPES = ['contacts', 'companies'];

/**
 * Mirrors a portal of the sandbox by HTTP alone, as a person would: fills its CRM, starts the mirror of two types,
 * watches it, changes records, and waits until their changes are in the feed. Then the mirror is held against the
 * sandbox's own records.
 *
 * @param {{
 *   sandboxUrl: string, apiUrl: string, apiKey: string, portalId: number,
 *   progress: ReturnType<import('./progress.mjs').createProgress>, plan?: typeof MIRROR,
 * }} options
 */
export async function runMirrorJob({ sandboxUrl, apiUrl, apiKey, portalId, progress, plan = MIRROR }) {
  const sandbox = (method, path, body) => callJson(method, `${sandboxUrl}/_sandbox${path}`, { body });
  const api = (method, path, body) => callJson(method, `${apiUrl}/api${path}`, { body, apiKey });
  const crm = `/portals/${portalId}/crm`;
  const usage = async () => (await sandbox('GET', `/report?portalId=${portalId}`)).portals[0];

  await progress.step(
    `The portal gets ${plan.contacts} contacts and ${plan.companies} companies`,
    async () => {
      // Made one after the other over the last twenty minutes: a search for what is new does not find them all.
      await sandbox('POST', `${crm}/contacts/generate`, { count: plan.contacts });
      const company = { name: 'Company {n}', domain: 'company{n}.example.com' };
      await sandbox('POST', `${crm}/companies/seed`, { count: plan.companies, properties: company });
    },
  );
  const before = await usage();
  const { next: from } = await lastOfFeed(api);
  await startAll(api, portalId);
  await loaded({ api, portalId, plan, progress });
  await progress.step(`${plan.edits} contacts move to another city`, () =>
    sandbox('POST', `${crm}/contacts/bulk-edit`, { count: plan.edits, properties: { city: 'Geneva' } }),
  );
  const actions = await progress.step('Their changes are in the feed', () =>
    changesOf({ api, portalId, from, plan }),
  );
  const verdict = await progress.step("The mirror is compared with the sandbox's records", async () =>
    verify({ sandboxUrl, portalId, rows: await rowsOf(api, portalId) }),
  );
  const after = await usage();
  return {
    ...{ actions, verdict, mirrored: await mirroredOf(api, portalId) },
    calls: after.calls - before.calls,
    mostIn10s: after.maxCallsIn10s,
    refused: after.rejected429 - before.rejected429,
  };
}

async function startAll(api, portalId) {
  for (const type of TYPES) await api('POST', `/sync/${portalId}/${type}`, { action: 'start' });
}

async function mirroredOf(api, portalId) {
  const { items } = await api('GET', `/sync?portalId=${portalId}`);
  return items.filter(({ objectType }) => TYPES.includes(objectType));
}

/** Until all records were read for the first time, and nobody reads any more. */
async function loaded({ api, portalId, plan, progress }) {
  const from = performance.now();
  let saidAt = from;
  const all = plan.contacts + plan.companies;
  for (;;) {
    const types = await mirroredOf(api, portalId);
    const read = types.reduce((sum, one) => sum + one.loaded, 0);
    const line = mirrorLine(read, all, performance.now() - from);
    progress.live(line);
    const failed = types.find(({ failure }) => failure !== null && failure.inARow > 3);
    if (failed) throw new Trouble(`The ${failed.objectType} cannot be read: ${failed.failure.message}`);
    if (types.every(({ state, reading }) => state === 'following' && !reading)) {
      progress.say(line);
      return;
    }
    if (!progress.tty && performance.now() - saidAt >= LINE_EVERY_MS) {
      progress.say(line);
      saidAt = performance.now();
    }
    if (performance.now() - from > DEADLINE_MS)
      throw new Trouble(`The mirror was not filled within ${DEADLINE_MS / 1000} s.`);
    await delay(POLL_MS);
  }
}

/** One line of at most 80 columns: a line that wraps cannot be overwritten. */
export function mirrorLine(read, all, elapsedMs) {
  const filled = Math.min(BAR, Math.round((read / all) * BAR));
  const seconds = elapsedMs / 1000;
  return [
    `  ${'█'.repeat(filled)}${'░'.repeat(BAR - filled)} ${String(read).padStart(4)} of ${all} records mirrored`,
    `${Math.round(read / Math.max(seconds, 0.001))} a second`,
    `${Math.floor(seconds)} s`,
  ].join(' · ');
}

/** Where the feed ends now. */
async function lastOfFeed(api, after) {
  for (let page, next = after; ; next = page.next) {
    page = await api('GET', `/changes?limit=1000${next === undefined ? '' : `&after=${next}`}`);
    if (!page.more) return page;
  }
}

/** What the feed told of the portal, by its words: until it has told of each record and each edit. */
async function changesOf({ api, portalId, from, plan }) {
  const until = performance.now() + DEADLINE_MS;
  const actions = {};
  let next = from;
  let askedAt = -Infinity;
  for (;;) {
    const page = await api('GET', `/changes?limit=1000&after=${next}`);
    next = page.next;
    for (const { action, portalId: portal } of page.items)
      if (portal === portalId) actions[action] = (actions[action] ?? 0) + 1;
    if (page.more) continue;
    const isThrough = actions.Created >= plan.contacts + plan.companies && actions.Updated >= plan.edits;
    if (isThrough || performance.now() > until) return actions; // the table shows what is missing
    if (performance.now() - askedAt > AGAIN_MS) {
      await startAll(api, portalId);
      askedAt = performance.now();
    }
    await delay(POLL_MS);
  }
}

/** All records of the mirror, as lines of the sandbox's comparison. */
async function rowsOf(api, portalId) {
  const lines = [];
  for (const objectType of TYPES) {
    for (let after = ''; after !== null;) {
      const { items, next } = await api(
        'GET',
        `/objects/${objectType}?portalId=${portalId}&limit=100${after === '' ? '' : `&after=${after}`}`,
      );
      for (const { id, properties } of items)
        lines.push(JSON.stringify({ portalId, objectType, id, properties }));
      after = next;
    }
  }
  return lines.join('\n');
}

async function verify({ sandboxUrl, portalId, rows }) {
  const url = `${sandboxUrl}/_sandbox/verify?portalId=${portalId}&types=${TYPES.join(',')}`;
  const headers = { 'content-type': 'application/x-ndjson' };
  const answer = await fetch(url, { method: 'POST', body: rows, headers });
  if (!answer.ok)
    throw new Trouble(`The comparison was answered ${answer.status}: ${(await answer.text()).slice(0, 500)}`);
  return answer.json();
}
