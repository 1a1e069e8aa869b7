import { defineConfig } from 'sluice';
import { greet } from '../support/ownDefinitions/actions/greet.js';
import { welcome } from '../support/ownDefinitions/actions/welcome.js';

/** What comes with Sluice, and actions of one's own. */
export default defineConfig({ actions: [greet, welcome] });
