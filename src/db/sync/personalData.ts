import { nothing, type PersonalData } from '../personalData.js';

export const SYNC_PERSONAL_DATA: PersonalData = {
  sync_states: nothing(
    'how far a type is read; the id of the record at which a read stands, until its next page',
  ),
  sync_passes: nothing('how far a pass is; the id of the record at which it stands, until its next step'),
  sync_properties: nothing('names of properties'),
  sync_schedules: nothing('when a portal is read'),
};
