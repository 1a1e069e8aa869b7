/** The journal could not be read, for this reason. */
export class JournalFailure extends Error {
  constructor(
    readonly code: string,
    message: string,
    /** `isFile`: it is one file that could not be read, and others may be. */
    readonly how: { readonly retryAfterMs?: number | undefined; readonly isFile?: boolean } = {},
  ) {
    super(message);
  }
}
