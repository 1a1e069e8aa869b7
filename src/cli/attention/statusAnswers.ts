import type { components } from '../../sdk/client/schema.js';

/** What the page of `sluice status` is made of, as the API answers it. */
export type Status = components['schemas']['Status'];
export type AttentionPage = components['schemas']['AttentionPage'];
export type AttentionItem = components['schemas']['AttentionItem'];
export type Readiness = components['schemas']['Readiness'];
