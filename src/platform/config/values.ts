import { isIP } from 'node:net';
import { z } from 'zod';
import { parseRate } from '../../domain/throttle/rate.js';
import { Secret } from '../secret.js';

/* The forms that values of the environment have. */

export const secret = z
  .string()
  .min(1)
  .transform((value) => new Secret(value));

/** The URL of a Postgres; other programs write its scheme as `ecto`, `postgresql+psycopg2` and the like. */
export const databaseUrl = z
  .string()
  .min(1)
  .transform((value) => new Secret(value.replace(/^(ecto|postgres(ql)?\+\w{1,20}):\/\//i, 'postgresql://')));

export const milliseconds = z.coerce.number().int().nonnegative();

export const origin = z
  .url()
  .refine(
    (value) => new URL(value).pathname === '/',
    'must be an origin without a path, e.g. https://sluice.example.com',
  )
  .transform((value) => new URL(value).origin);

/** Words separated by commas or spaces, each once. */
export const words = z.string().transform((text) => [...new Set(text.split(/[\s,]+/).filter(Boolean))]);

export const origins = z.string().transform((text, context) =>
  text.split(',').map((one) => {
    const parsed = origin.safeParse(one.trim());
    if (parsed.success) return parsed.data;
    context.addIssue({ code: 'custom', message: 'must be origins without a path, comma-separated' });
    return z.NEVER;
  }),
);

export const rate = z.string().transform((text, context) => {
  const parsed = parseRate(text);
  if (parsed.ok) return parsed.rate;
  context.addIssue({ code: 'custom', message: parsed.problem });
  return z.NEVER;
});

/** A TCP port; 0 lets the system choose one. */
export const port = z.coerce.number().int().min(0).max(65_535);

/** A whole number within bounds. */
export const count = (least: number, most: number) => z.coerce.number().int().min(least).max(most);

/** The label of a crash point, and at which passing the process dies: `throttle.release.settled:2`. */
export const crashPoint = z
  .string()
  .regex(/^[a-z]+(\.[a-z]+(-[a-z]+)*)+(:[1-9]\d{0,5})?$/, 'must be the label of a crash point, or label:hit')
  .transform((text) => {
    const [label = '', hit = '1'] = text.split(':');
    return { label, hit: Number(hit) };
  });

/** An address of this machine's. */
export const address = z.string().refine((text) => isIP(text) !== 0, 'must be an IP address of this machine');

/**
 * How many proxies stand in front, or their networks, comma-separated: `2`, `10.0.0.0/8, 192.168.1.7`. As Express'
 * setting `trust proxy` takes it; never `true`, which would believe whoever writes X-Forwarded-For.
 */
export const proxies = z.string().transform((text, context) => {
  if (/^\d{1,2}$/.test(text.trim())) return Number(text);
  const networks = text.split(',').map((one) => one.trim());
  if (networks.every(isNetwork)) return networks;
  context.addIssue({ code: 'custom', message: 'must be a number of proxies, or networks as 10.0.0.0/8' });
  return z.NEVER;
});

function isNetwork(text: string): boolean {
  const [ip = '', bits, more] = text.split('/');
  const family = isIP(ip);
  if (family === 0 || more !== undefined) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}
