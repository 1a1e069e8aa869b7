import type { Logger } from './logger.js';
import type { Secret } from './secret.js';

/** A text as it may be printed and kept. */
export type HideSecrets = (text: string) => string;

/** Puts `[secret]` in the place of these values, also of those that are written as in JSON. */
export function createHideSecrets(secrets: Iterable<Secret>): HideSecrets {
  const values = [...secrets].map((secret) => secret.reveal());
  const forms = new Set(values.flatMap((value) => [value, JSON.stringify(value).slice(1, -1)]));
  // One that another one begins with must not leave the rest of it.
  const longestFirst = [...forms].sort((a, b) => b.length - a.length);
  return (text) => longestFirst.reduce((hidden, form) => hidden.replaceAll(form, '[secret]'), text);
}

/** winston's name of the line that is written. */
const LINE = Symbol.for('message');

/** From now on no line of this log has what `hide` hides. */
export function hideInLog(logger: Logger, hide: HideSecrets): void {
  const { format } = logger;
  logger.format = {
    transform(info, options) {
      const written = format.transform(info, options);
      if (typeof written === 'object' && typeof written[LINE] === 'string')
        written[LINE] = hide(written[LINE]);
      return written;
    },
  };
}
