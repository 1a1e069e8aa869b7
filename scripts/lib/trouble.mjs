/** An error that is shown without its stack: what went wrong, what to do about it and, if there is one, the log. */
export class Trouble extends Error {
  name = 'Trouble';

  /** @param {string} message @param {{ advice?: string, log?: string, cause?: unknown }} [more] */
  constructor(message, more = {}) {
    super(message, { cause: more.cause });
    this.advice = more.advice;
    this.log = more.log;
  }
}
