import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseEnv } from 'node:util';

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

/** What a `.env` says; what is set to nothing is not said. */
export function filledIn(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(parseEnv(text)).flatMap(([name, value]): [string, string][] =>
      value ? [[name, value]] : [],
    ),
  );
}

/** The file with these values: in the lines that are there for them and empty or commented out, else at its end. */
export function envWith(text: string, values: Readonly<Record<string, string>>): string {
  let filled = text;
  for (const [name, value] of Object.entries(values)) {
    const line = `${name}=${value}`;
    const empty = new RegExp(`^(# *)?${name}=.*$`, 'm');
    filled = empty.test(filled)
      ? filled.replace(empty, () => line)
      : `${filled}${filled === '' || filled.endsWith('\n') ? '' : '\n'}${line}\n`;
  }
  return filled;
}
