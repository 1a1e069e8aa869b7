import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/*
 * Ids for completion, from the API: within half a second of the TAB, or not at all. Whatever is wrong with the API, a
 * person who types sees the words that are known without it.
 */

const WITHIN_MS = 500;
/** Nothing else is put into a command line: names come from people and from HubSpot. */
const PLAIN = /^[\w.:@+-]{1,200}$/;

const LANES = {
  path: '/api/lanes?limit=100',
  id: ({ id }) => id,
  about: ({ key, portalId, waiting }) => `${key} of portal ${portalId}, ${waiting} waiting`,
};
const PORTALS = {
  path: '/api/portals?limit=100',
  id: ({ portalId }) => String(portalId),
  about: ({ name, state }) => `${name ?? 'without a name'}, ${state}`,
};
const EXECUTIONS = {
  path: '/api/executions?limit=50',
  id: ({ id }) => id,
  about: ({ state, portalId, objectId }) => `${state}, record ${objectId ?? '-'} of portal ${portalId}`,
};
const EVENTS = {
  path: '/api/events?limit=50',
  id: ({ id }) => id,
  about: ({ type, state }) => `${type}, ${state}`,
};

/** By what the argument, or the value of the option, is called in the help. */
export const LISTS = {
  laneId: LANES,
  portalId: PORTALS,
  executionId: EXECUTIONS,
  executionIds: EXECUTIONS,
  eventId: EVENTS,
  eventIds: EVENTS,
  redriveId: { path: '/api/outbox/redrives', id: ({ id }) => id, about: ({ state }) => state },
  noticeId: { path: '/api/notices', id: ({ id }) => id, about: ({ kind }) => kind },
  keyId: { path: '/api/keys', id: ({ id }) => id, about: ({ name }) => name },
  mapping: { path: '/api/outbox/mappings', id: ({ name }) => name, about: () => 'a mapping' },
  type: { path: '/api/outbox/types', id: ({ name }) => name, about: ({ description }) => description },
};

/** Types of records that each account has; custom ones have ids. */
const OBJECT_TYPES = ['contacts', 'companies', 'deals', 'tickets'];

/**
 * @param {string} wanted What the argument is called.
 * @param {string | undefined} context The API that the command names.
 */
export async function idsFrom(wanted, context) {
  if (wanted === 'objectType') return OBJECT_TYPES.map((value) => ({ value, description: '' }));
  const list = Object.hasOwn(LISTS, wanted) ? LISTS[wanted] : undefined;
  const leftMs = Math.floor(WITHIN_MS - performance.now());
  if (!list || leftMs <= 0) return [];
  try {
    const { url, key } = whereTheApiIs(context);
    if (key === undefined) return [];
    const response = await fetch(`${url}${list.path}`, {
      headers: { authorization: `Bearer ${key}` },
      signal: AbortSignal.timeout(leftMs),
    });
    if (!response.ok) return [];
    const { items } = await response.json();
    return items
      .map((item) => ({ value: list.id(item), description: plain(list.about(item)) }))
      .filter(({ value }) => PLAIN.test(value));
  } catch {
    return []; // nobody could read why: the shell takes what is printed for words
  }
}

const plain = (words) => String(words).replace(/\p{Cc}+/gu, ' ');

/** As settings.ts finds it, which would take longer to load than all of this. */
function whereTheApiIs(context = process.env.SLUICE_CONTEXT) {
  const { SLUICE_API_URL, SLUICE_API_KEY } = process.env;
  const state = findState(process.cwd());
  const isSaid = SLUICE_API_URL !== undefined || SLUICE_API_KEY !== undefined;
  if (!isSaid && (context !== undefined || state.apiUrl === undefined)) return contextOf(context);
  const url = (SLUICE_API_URL ?? state.apiUrl ?? 'http://localhost:3000').replace(/\/$/, '');
  return { url, key: SLUICE_API_KEY ?? (url === state.apiUrl ? state.apiKey : undefined) };
}

/** What `sluice login` has noted; nothing where others may read it, as contextsFile.ts has it. */
function contextOf(named) {
  const { HOME, APPDATA, XDG_CONFIG_HOME } = process.env;
  const folder = XDG_CONFIG_HOME ?? (HOME === undefined ? APPDATA : path.join(HOME, '.config'));
  const file = path.join(folder, 'sluice', 'contexts.json');
  if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0) return {};
  const { current, contexts } = JSON.parse(readFileSync(file, 'utf8'));
  const name = named ?? current;
  return Object.hasOwn(contexts, name) ? contexts[name] : {};
}

function findState(from) {
  for (let directory = path.resolve(from); ; directory = path.dirname(directory)) {
    try {
      const state = JSON.parse(readFileSync(path.join(directory, '.sluice/state.json'), 'utf8'));
      return isRunning(state) ? state : {};
    } catch {
      if (directory === path.dirname(directory)) return {}; // none there, and none above
    }
  }
}

function isRunning({ pid }) {
  if (pid === undefined) return true;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM'; // it is another person's
  }
}
