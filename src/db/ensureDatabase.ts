import pg from 'pg';
import { AppError } from '../platform/errors.js';
import type { Secret } from '../platform/secret.js';

const NO_SUCH_DATABASE = '3D000';
const EXISTS = ['42P04', '23505'];
const MAY_NOT = '42501';

/**
 * Makes the database that `url` names, where the server does not have it and the login may. Returns its name if it was
 * made. Throws an AppError with the statement for somebody who may, where the login may not.
 */
export async function ensureDatabase(url: Secret): Promise<string | undefined> {
  try {
    await connected(url.reveal(), () => Promise.resolve());
    return undefined;
  } catch (error) {
    if (codeOf(error) !== NO_SUCH_DATABASE) throw error;
  }
  const wanted = new URL(url.reveal());
  const name = decodeURIComponent(wanted.pathname.slice(1));
  wanted.pathname = '/postgres';
  return connected(wanted.href, async (client) => {
    const statement = `CREATE DATABASE ${client.escapeIdentifier(name)} ENCODING 'UTF8' TEMPLATE template0`;
    try {
      await client.query(statement);
      return name;
    } catch (error) {
      const code = codeOf(error);
      if (code !== undefined && EXISTS.includes(code)) return undefined; // another set-up was faster
      if (code !== MAY_NOT) throw error;
      const login = client.escapeIdentifier(decodeURIComponent(wanted.username));
      throw new AppError(
        'not_found',
        `There is no database ${name}, and the login ${login} may not make one. Somebody who may runs: CREATE DATABASE ${client.escapeIdentifier(name)} OWNER ${login} ENCODING 'UTF8' TEMPLATE template0`,
      );
    }
  });
}

async function connected<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'sluice-setup' });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
