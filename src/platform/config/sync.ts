import { count } from './values.js';

export const syncSchema = {
  MIRROR_KEEP_DAYS: count(1, 3650).default(30),
};
