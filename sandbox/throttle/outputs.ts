/** The output fields of an action: of its answer, or of the callback that completes it. */
export type Outputs = Readonly<Record<string, string>>;
