/** The journal could not be read, for this reason. */
export class JournalFailure extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly how: {
      readonly retryAfterMs?: number | undefined;
      /** It is one file that could not be read, and others may be: it is passed over after so many tries. */
      readonly fileTries?: number;
      /** It stays so until a person has looked at the settings. */
      readonly isOfSettings?: boolean;
    } = {},
  ) {
    super(message);
  }
}
