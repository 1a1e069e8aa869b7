import type { Answers, Api } from '../api.js';
import { CliError, statusOf } from '../errors.js';

/**
 * Refuses a portal that cannot take events. The API keeps events of such a one as dead letters, with their keys: the
 * same events for the right portal would then be duplicates.
 */
export async function requireActive(api: Api, portalId: string): Promise<void> {
  const { state, stateReason } = await portalOf(api, portalId);
  if (state === 'active') return;
  const why = stateReason === null ? '' : ` (${stateReason})`;
  throw new CliError(
    `Portal ${portalId} is ${state}${why}: connect it with \`npx sluice portals connect\`, then import. Nothing was brought`,
  );
}

async function portalOf(api: Api, portalId: string): Promise<Answers['Portal']> {
  try {
    return await api.get('/api/portals/{portalId}', { params: { path: { portalId } } });
  } catch (error) {
    const said = error instanceof CliError ? error.message : '';
    switch (statusOf(error)) {
      case 404:
        throw new CliError(
          `There is no portal ${portalId}: \`npx sluice portals list\` shows those that there are. Nothing was brought`,
          1,
          'not_found',
        );
      case 403:
        throw new CliError(
          `${said}, to look at portal ${portalId} first. Nothing was brought`,
          1,
          'forbidden',
        );
      default:
        throw error;
    }
  }
}
