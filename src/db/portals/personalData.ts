import { nothing, type PersonalData } from '../personalData.js';

export const PORTAL_PERSONAL_DATA: PersonalData = {
  portals: nothing('accounts, with sealed tokens'),
  portal_settings: nothing('what a portal has set for actions, such as keys of partners, sealed'),
  install_links: nothing('hashes of links, and who made them'),
  oauth_states: nothing('hashes of states and browsers'),
};
