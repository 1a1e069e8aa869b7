import { nothing, type PersonalData } from '../personalData.js';

export const INSTALLATION_PERSONAL_DATA: PersonalData = {
  installations: nothing('ids of this database'),
};
