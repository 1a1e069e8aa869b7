import { nothing, type PersonalData } from '../personalData.js';

export const AUDIT_PERSONAL_DATA: PersonalData = {
  audit_entries: nothing(
    'who did what to which portal, lane or key; of an erasure its mark, which is a keyed hash',
  ),
  audit_chains: nothing('the end of each chain'),
  audit_heads: nothing('signatures'),
};
