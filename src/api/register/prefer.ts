import { z } from 'zod';
import { invalidInput } from '../http/input.js';

const USUAL_SECONDS = 10;
const MOST_SECONDS = 60;
const WAIT = /^\s*wait\s*=\s*"?(\d{1,20})"?\s*$/i;

export const preferSchema = z.object({
  prefer: z
    .string()
    .max(1000)
    .optional()
    .meta({
      description: `\`wait=n\`: seconds to wait for its end, 0 to ${MOST_SECONDS} (RFC 7240)`,
      examples: ['wait=10'],
    }),
});

/** For how long whoever asks waits for the end of what they began. Preferences of others are nobody's concern. */
export function waitOf(prefer: string | undefined): number {
  const waits = (prefer ?? '').split(/[,;]/).flatMap((one) => WAIT.exec(one)?.[1] ?? []);
  const seconds = waits[0] === undefined ? USUAL_SECONDS : Number(waits[0]);
  if (seconds > MOST_SECONDS)
    throw invalidInput([{ path: 'prefer', message: `wait must be ${MOST_SECONDS} seconds at most` }]);
  return seconds * 1000;
}
