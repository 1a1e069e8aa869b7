/** What a person reads in one line: what happened, and what to do. */
export class CliError extends Error {
  override readonly name = 'CliError';

  constructor(
    message: string,
    /** 1: refused or failed. 2: the command was not understood. */
    readonly exitCode: 1 | 2 = 1,
  ) {
    super(message);
  }
}
