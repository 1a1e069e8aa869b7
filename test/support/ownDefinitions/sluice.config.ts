import { defineConfig } from 'sluice';
import { greet } from './actions/greet.js';
import { orderPlaced } from './events/orderPlaced.js';

export default defineConfig({
  builtIns: { throttle: false },
  actions: [greet],
  events: [orderPlaced],
});
