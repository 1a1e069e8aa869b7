import { forgotten, until, type Retentions } from '../retention.js';

/** Until then a replay of a link or a state is still recognised as one. */
const KEEP_LINKS_DAYS = 1;

export const PORTAL_RETENTION: Retentions = {
  portals: until('never: a portal that is disconnected keeps its row, without tokens'),
  portal_settings: until('somebody takes them away, or their portal is disconnected'),
  install_links: forgotten({ function: 'forget_install_links', days: KEEP_LINKS_DAYS }),
  oauth_states: until('its install link goes'),
};
