/** The output fields of an action, from its answer or from the callback that completes it. */
export type Outputs = Readonly<Record<string, string>>;
