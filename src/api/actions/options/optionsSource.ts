import type { OptionsQuery } from '../../../sdk/actions/field.js';

/** What fills a drop-down. */
export interface OptionsSource {
  readonly action: string;
  /** Of the definition: pages of another version are none of this one. */
  readonly version: number;
  readonly field: string;
  /** Rejects, or gives what is no page, where its author's code is wrong. */
  page(query: OptionsQuery & { readonly workspaceId: string }): unknown;
}

/** Why there is nothing to choose from. */
export interface NoOptions {
  readonly message: string;
}
