import { forgotten, until, type Retentions } from '../retention.js';

const KEEP_HEADS_DAYS = 90;

export const AUDIT_RETENTION: Retentions = {
  audit_entries: until('never: a chain cannot be shortened'),
  audit_chains: until('never: the workspace has one row'),
  audit_heads: forgotten({ function: 'forget_audit_heads', days: KEEP_HEADS_DAYS }),
};
