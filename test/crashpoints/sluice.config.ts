import { defineAction, defineConfig } from 'sluice';
import { greet } from '../support/ownDefinitions/actions/greet.js';
import { welcome } from '../support/ownDefinitions/actions/welcome.js';

/** One that waits for its turn. */
const queued = defineAction({
  ...greet,
  name: 'queued',
  lane: { rate: { limit: 2, intervalMs: 1000 } },
});

/** What comes with Sluice, and actions of one's own. */
export default defineConfig({ actions: [greet, welcome, queued] });
