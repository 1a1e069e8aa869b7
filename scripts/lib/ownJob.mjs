import path from 'node:path';
import { callJson } from './http.mjs';
import { connectPortal } from './mainJob.mjs';
import { ROOT } from './paths.mjs';
import { Trouble } from './trouble.mjs';
import { until } from './until.mjs';

const DEADLINE_MS = 30_000;
const EVERY_MS = 200;
/** So many are shown; who has defined more knows what they do. */
const MOST = 20;
const ENDS = ['processed', 'dead', 'invalid', 'discarded'];

/**
 * Shows by HTTP alone what a project defines itself, in a portal of the sandbox: the example of each event type is
 * captured, and brought into HubSpot; actions are listed.
 *
 * @param {{
 *   sandboxUrl: string, apiUrl: string, apiKey: string, portalId: number,
 *   progress: ReturnType<import('./progress.mjs').createProgress>,
 * }} options
 * @returns {Promise<string[]>} what did not work
 */
export async function runOwnJob({ sandboxUrl, apiUrl, apiKey, portalId, progress }) {
  const sandbox = (method, url, body) => callJson(method, `${sandboxUrl}/_sandbox${url}`, { body });
  const api = (method, url, body) => callJson(method, `${apiUrl}/api${url}`, { body, apiKey });
  const features = ['throttle', 'sync', 'events'];
  await progress.step(`The app is installed in sandbox portal ${portalId}`, () =>
    connectPortal({ sandbox, apiUrl, apiKey, portalId, features }),
  );
  const problems = [];
  for (const type of (await ownEventTypes(api)).slice(0, MOST)) {
    await progress.step(
      `Event type ${type.name}: its example`,
      async () => {
        const event = await bringExample({ api, portalId, type });
        if (event.state !== 'processed')
          problems.push(
            `the example of ${type.name} is ${event.state}: ${event.lastError ?? 'nobody said why'}`,
          );
        return event;
      },
      outcome,
    );
  }
  const actions = await api('GET', '/actions?limit=100');
  for (const { name, label, version } of actions.items.slice(0, MOST))
    progress.say(`  ${progress.paint(32, '✓')} Action ${name}: "${label}", version ${version}`);
  return problems;
}

/** Those that do not come with Sluice. */
async function ownEventTypes(api) {
  const { SHIPPED } = await import(path.join(ROOT, 'dist/sdk/outbox/outbox.js'));
  const shipped = new Set(SHIPPED.map(({ name }) => name));
  const { items } = await api('GET', '/outbox/types?limit=100');
  return items.filter(({ name }) => !shipped.has(name));
}

async function bringExample({ api, portalId, type: { name, example } }) {
  const taken = await api('POST', '/events', { type: name, portalId, payload: example });
  if (taken.status !== 'captured')
    throw new Trouble(`The example of ${name} was not captured: ${taken.reason ?? taken.status}.`);
  const found = async () => {
    const { items } = await api('GET', `/events?type=${name}&portalId=${portalId}&limit=1`);
    return items[0] && ENDS.includes(items[0].state) ? items[0] : undefined;
  };
  const late = () =>
    new Trouble(`The example of ${name} did not reach HubSpot within ${DEADLINE_MS / 1000} s.`);
  const { id } = await until(found, { deadlineMs: DEADLINE_MS, everyMs: EVERY_MS, late });
  return api('GET', `/events/${id}`);
}

/** `done, as record 901`. */
const outcome = ({ state, effects }) => {
  const records = effects.flatMap(({ objectId }) => objectId ?? []);
  return records.length === 0 ? state : `${state}, record ${records.join(', ')} at HubSpot`;
};
