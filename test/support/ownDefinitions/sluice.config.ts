import { defineConfig } from 'sluice';
import { orderPlaced } from './events/orderPlaced.js';

export default defineConfig({
  builtIns: { throttle: false },
  events: [orderPlaced],
});
