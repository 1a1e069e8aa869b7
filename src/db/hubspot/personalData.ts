import { nothing, type PersonalData } from '../personalData.js';

export const HUBSPOT_PERSONAL_DATA: PersonalData = {
  request_log: nothing('requests without bodies, ids and query'),
  call_counts: nothing('counts'),
  budget_slots: nothing('slots'),
  budget_rings: nothing('the state of buckets'),
};
