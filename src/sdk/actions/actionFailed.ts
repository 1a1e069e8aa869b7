/**
 * Thrown by a handler: the action has failed for good, and is not tried again. The record goes on as failed, with
 * `code` in the output `errorCode`, which rules (`rules`) and branches of a workflow can look at.
 */
export class ActionFailed extends Error {
  override readonly name = 'ActionFailed';
  /** What failed, for rules: `quota`. Lower case, without data of the record. */
  readonly code: string;

  /** `message` is for people: it becomes the output `sluice_reason`. */
  constructor(code: string, message?: string) {
    if (!CODE.test(code)) throw new TypeError(`A code of ActionFailed has the form ${String(CODE)}`);
    super(message ?? code);
    this.code = code;
  }
}

const CODE = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;
