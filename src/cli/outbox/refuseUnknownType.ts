import type { Api } from '../api.js';
import { CliError, statusOf } from '../errors.js';

const GENERIC = 'generic:';

/** Which of these types of events there is: a declared one, or that of a mapping; another one is an error. */
export async function refuseUnknownType(api: Api, type: string, names: readonly string[]): Promise<void> {
  if (!type.startsWith(GENERIC))
    throw new CliError(`There is no such event type ${type}. There are ${names.join(', ')}`, 1, 'not_found');
  const name = type.slice(GENERIC.length);
  try {
    await api.get('/api/outbox/mappings/{name}', { params: { path: { name } } });
  } catch (error) {
    if (statusOf(error) === 404) throw new CliError(`There is no such mapping ${name}`, 1, 'not_found');
    throw error;
  }
}
