import { setTimeout as delay } from 'node:timers/promises';
import { callJson } from './http.mjs';
import { compareMirror } from './mirrorCheck.mjs';
import { Trouble } from './trouble.mjs';

export const MIRROR = { contacts: 5000, companies: 500, edits: 200, deletes: 50, merges: 10 };

const POLL_MS = 250;
const LINE_EVERY_MS = 2000;
/** So often is asked again for what comes by itself otherwise: changes within a minute, deletes within an hour. */
const AGAIN_MS = 2000;
const DEADLINE_MS = 60_000;
const BAR = 10;
const TYPES = ['contacts', 'companies'];
/** Which contacts are deleted and merged follows from it: the same ones in each run. */
const SEED = 5;

/**
 * Mirrors a portal of the sandbox by HTTP alone, as a person would: fills its CRM, starts the mirror of two types,
 * watches it, edits, deletes and merges records, and waits until that is in the feed. Then the mirror is held against
 * the sandbox's own records.
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
    `The portal gets ${plan.contacts} contacts, each with one of ${plan.companies} companies`,
    async () => {
      // Made one after the other over the last twenty minutes: a search for what is new does not find them all.
      await sandbox('POST', `${crm}/contacts/generate`, { count: plan.contacts });
      const company = { name: 'Company {n}', domain: 'company{n}.example.com' };
      await sandbox('POST', `${crm}/companies/seed`, { count: plan.companies, properties: company });
      await sandbox('POST', `${crm}/contacts/associate`, { to: 'companies' });
    },
  );
  const before = await usage();
  const { next: from } = await lastOfFeed(api);
  await startAll(api, portalId);
  await loaded({ api, portalId, plan, progress });
  await progress.step('Their associations are mirrored', () => associated({ api, portalId }));
  const told = { api, portalId, from, actions: {} };
  await progress.step(`${plan.edits} contacts are edited; the feed tells of each`, async () => {
    await sandbox('POST', `${crm}/contacts/bulk-edit`, { count: plan.edits, properties: { city: 'Geneva' } });
    await listen(told, { Created: plan.contacts + plan.companies, Updated: plan.edits }, () =>
      startAll(api, portalId),
    );
  });
  await progress.step(
    `${plan.deletes} are deleted, ${2 * plan.merges} merged into ${plan.merges}; the feed tells of each`,
    async () => {
      await mutate({ sandbox, crm, kind: 'archive', count: plan.deletes });
      await mutate({ sandbox, crm, kind: 'merge', count: plan.merges });
      await listen(told, { Deleted: plan.deletes, Merged: plan.merges }, async () => {
        await startAll(api, portalId);
        await api('POST', `/sync/${portalId}/contacts/passes/archived/run`);
      });
    },
  );
  const verdict = await progress.step("The mirror is compared with the sandbox's records", () =>
    compareMirror({ sandboxUrl, apiUrl, apiKey, portalId }),
  );
  await listen(told, {}, () => undefined);
  const after = await usage();
  return {
    ...{ actions: told.actions, verdict, mirrored: await mirroredOf(api, portalId) },
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

/** Until the associations of all records were read. */
async function associated({ api, portalId }) {
  const from = performance.now();
  for (const type of TYPES) await api('POST', `/sync/${portalId}/${type}/passes/associations/run`);
  for (;;) {
    const types = await mirroredOf(api, portalId);
    if (types.every(({ associations }) => associations.readAt !== null)) return;
    if (performance.now() - from > DEADLINE_MS)
      throw new Trouble(`The associations were not read within ${DEADLINE_MS / 1000} s.`);
    await delay(POLL_MS);
  }
}

/** Records that the sandbox picks are changed, one after the other, as fast as it can. */
async function mutate({ sandbox, crm, kind, count }) {
  const others = { edit: 0, create: 0, archive: 0, merge: 0 };
  const plan = { types: ['contacts'], seed: SEED, perSecond: 10_000, count };
  await sandbox('POST', `${crm}/mutator`, { ...plan, weights: { ...others, [kind]: 1 } });
  while ((await sandbox('GET', `${crm}/mutator`)).running) await delay(20);
}

/**
 * Reads on in the feed, and counts what it tells of the portal by its words, until it has told so many of each. `again`
 * asks for what else would come later.
 */
async function listen(told, wanted, again) {
  const until = performance.now() + DEADLINE_MS;
  let askedAt = -Infinity;
  for (;;) {
    if (performance.now() - askedAt > AGAIN_MS) {
      await again();
      askedAt = performance.now();
    }
    const page = await told.api('GET', `/changes?limit=1000&after=${told.from}`);
    told.from = page.next;
    for (const { action, portalId } of page.items)
      if (portalId === told.portalId) told.actions[action] = (told.actions[action] ?? 0) + 1;
    if (page.more) continue;
    if (Object.entries(wanted).every(([action, count]) => told.actions[action] >= count)) return;
    if (performance.now() > until) return; // the table shows what is missing
    await delay(POLL_MS);
  }
}
