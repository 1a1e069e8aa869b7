import { defineConfig } from 'sluice';
import { greet } from '../support/ownDefinitions/actions/greet.js';

/** What comes with Sluice, and an action of one's own. */
export default defineConfig({ actions: [greet] });
