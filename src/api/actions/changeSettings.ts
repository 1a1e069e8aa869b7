import type { Pool } from '../../db/pool.js';
import { deleteSettings, storeSettings } from '../../db/portals/settingsForActions.js';
import { AppError, type FieldProblem } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import type { ActionsByName } from '../../sdk/actions/action.js';
import { parseSetting, portalSettingFields, type SettingValues } from '../../sdk/actions/settings.js';
import { portalSettingsContext } from '../../secrets/encryptionContext.js';
import type { Sealing } from '../../secrets/sealing.js';
import { openSettings, type OpenedSettings } from '../../services/actions/portalSettings.js';
import { inAuditedTransaction } from '../http/auditRequest.js';
import { requireMatch } from '../http/entityTag.js';
import { invalidInput } from '../http/input.js';
import type { Caller } from '../http/operation.js';
import { portalSettingsTag } from './settingsAnswers.js';

interface Dependencies {
  readonly pool: Pool;
  readonly logger: Logger;
  readonly sealing: Sealing;
  readonly actions: ActionsByName;
}

interface Change {
  readonly portalId: number;
  /** By the names of fields; null takes one away. */
  readonly values: SettingValues;
  readonly ifMatch: string | undefined;
}

type Author = Pick<Caller, 'workspaceId' | 'actor'>;

/** Who changes the same portal at the same time is waited for so often. */
const MAX_ROUNDS = 5;
/** One that is shorter stands in many a word, and cannot be kept out of logs. */
const LEAST_SECRET = 8;
const WHAT = 'set of settings';

/**
 * Sets some of a portal's settings, and leaves the others as they are: what is sealed is opened and sealed anew outside
 * of the transaction, which stores it where nobody else has changed it meanwhile.
 */
export async function changeSettings(deps: Dependencies, author: Author, change: Change): Promise<void> {
  const { pool, sealing } = deps;
  const portal = { workspaceId: author.workspaceId, portalId: change.portalId };
  const { set, unset } = parsedChange(deps.actions, change.values);
  await untilStored(deps, portal, change.ifMatch, async ({ values, version }) => {
    const next = { ...values, ...set };
    for (const name of unset) delete next[name];
    const context = portalSettingsContext(portal.workspaceId, portal.portalId);
    const sealed = await sealing.seal(JSON.stringify(next), context);
    return inAuditedTransaction({ pool, logger: deps.logger }, author, async (client, note) => {
      const stored = await storeSettings(client, portal, version, sealed);
      if (stored === 'stored')
        note('portal.settings.set', { portalId: portal.portalId, set: Object.keys(set), unset });
      return stored;
    });
  });
}

/** Takes all of them away, also those that no action has any more. */
export async function takeSettingsAway(
  deps: Omit<Dependencies, 'actions'>,
  author: Author,
  { portalId, ifMatch }: Pick<Change, 'portalId' | 'ifMatch'>,
): Promise<void> {
  await untilStored(deps, { workspaceId: author.workspaceId, portalId }, ifMatch, ({ version }) =>
    version === 0
      ? Promise.resolve('stored')
      : inAuditedTransaction(deps, author, async (client, note) => {
          if (!(await deleteSettings(client, portalId, version))) return 'overtaken';
          note('portal.settings.delete', { portalId });
          return 'stored';
        }),
  );
}

async function untilStored(
  deps: Pick<Dependencies, 'pool' | 'sealing'>,
  portal: { readonly workspaceId: string; readonly portalId: number },
  ifMatch: string | undefined,
  store: (now: OpenedSettings) => Promise<'stored' | 'gone' | 'overtaken'>,
): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const now = await openSettings(deps, portal);
    requireMatch(ifMatch, portalSettingsTag(now), WHAT);
    const stored = await store(now);
    if (stored === 'stored') return;
    if (stored === 'gone') throw new AppError('conflict', 'The portal is disconnected: connect it first');
  }
  throw new AppError('conflict', 'Others change the settings of this portal just now: try again');
}

/** What is to be kept, each value as its field has it. What is wrong is answered with the path of its field. */
function parsedChange(actions: ActionsByName, values: SettingValues) {
  const fields = new Map(portalSettingFields(actions).map((field) => [field.name, field]));
  const set: Record<string, unknown> = {};
  const unset: string[] = [];
  const problems: FieldProblem[] = [];
  for (const [name, given] of Object.entries(values)) {
    const field = fields.get(name);
    // A name that no action has any more can be taken away.
    if (given === null) unset.push(name);
    else if (!field) problems.push({ path: `values.${name}`, message: 'There is no such setting' });
    else {
      const parsed = parseSetting(actions, field, given);
      if (!parsed.ok) problems.push({ path: `values.${name}`, message: parsed.reason });
      else if (field.isSecret && isShort(parsed.value))
        problems.push({ path: `values.${name}`, message: `must have at least ${LEAST_SECRET} characters` });
      else set[name] = parsed.value;
    }
  }
  if (problems.length > 0) throw invalidInput(problems);
  return { set, unset };
}

const isShort = (value: unknown) => typeof value === 'string' && value.length < LEAST_SECRET;
