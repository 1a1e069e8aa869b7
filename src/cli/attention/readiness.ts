import { CliError } from '../errors.js';
import type { Readiness } from './statusAnswers.js';

const TIMEOUT_MS = 15_000;

/** What /readyz says, which needs no key. */
export async function lookAtReadiness(apiUrl: string): Promise<Readiness> {
  let text: string;
  try {
    const answer = await fetch(`${apiUrl}/readyz`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    text = await answer.text();
  } catch {
    throw new CliError(
      `Cannot reach the API at ${apiUrl}: start it (\`npm start\`), or set SLUICE_API_URL`,
      1,
      'unavailable',
    );
  }
  try {
    return JSON.parse(text) as Readiness;
  } catch {
    throw new CliError(
      `${apiUrl} answers /readyz with what is no JSON, and does not look like Sluice: check SLUICE_API_URL`,
      1,
      'unavailable',
    );
  }
}
