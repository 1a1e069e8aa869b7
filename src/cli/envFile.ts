import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** What a person has to fill in, and where it is found. */
const TO_FILL_IN: Readonly<Record<string, string>> = {
  HUBSPOT_APP_ID: "the app's number, from its page in HubSpot",
  HUBSPOT_CLIENT_ID: 'from the same page',
  HUBSPOT_CLIENT_SECRET: 'from the same page',
  PUBLIC_URL: 'the https origin that HubSpot calls',
  NODE_ENV: 'production, once HubSpot calls it',
};

/**
 * Writes a `.env` from `.env.example` with an encryption key of its own, readable by its owner alone. Returns what has
 * to be filled in, a line each; undefined where there is a `.env` already, which is left as it is.
 */
export function writeEnvFile(directory: string): readonly string[] | undefined {
  const file = path.join(directory, '.env');
  if (existsSync(file)) return undefined;
  const example = readFileSync(path.join(directory, '.env.example'), 'utf8');
  const key = `k1:${randomBytes(32).toString('base64')}`;
  writeFileSync(file, example.replace(/^ENCRYPTION_KEYS=$/m, `ENCRYPTION_KEYS=${key}`), {
    mode: 0o600,
    flag: 'wx',
  });
  return Object.entries(TO_FILL_IN).map(([name, where]) => `  ${name.padEnd(22)} ${where}`);
}
