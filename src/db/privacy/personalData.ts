import { nothing, type PersonalData } from '../personalData.js';

export const PRIVACY_PERSONAL_DATA: PersonalData = {
  crm_tombstones: nothing('keyed hashes of ids'),
  erasures: nothing('the ids and addresses to look for, until it is done'),
};
