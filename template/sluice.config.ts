import { defineConfig } from 'sluice';
import { greet } from './actions/greet.js';
import { orderPlaced } from './events/orderPlaced.js';

/** What is yours: API, intake and worker read it when they start. */
export default defineConfig({ actions: [greet], events: [orderPlaced] });
