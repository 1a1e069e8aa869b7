import { forgotten, until, type Retentions } from '../retention.js';

/** A registration can be asked for, and one that failed resumed, for so long. */
export const REGISTRATION_DAYS = 30;

export const REGISTER_RETENTION: Retentions = {
  registrations: forgotten({ function: 'forget_registrations', days: REGISTRATION_DAYS }),
  registration_steps: until('their registration is removed'),
};
