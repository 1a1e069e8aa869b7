/** What went wrong, what to do about it and, where there is one, the log that says more. Shown instead of a stack. */
export class Trouble extends Error {
  name = 'Trouble';

  /** @param {string} message @param {{ advice?: string, log?: string, cause?: unknown }} [more] */
  constructor(message, more = {}) {
    super(message, { cause: more.cause });
    this.advice = more.advice;
    this.log = more.log;
  }
}
