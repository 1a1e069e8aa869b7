import { defineConfig } from 'sluice';
import { greet } from './actions/greet.js';
import { sign } from './actions/sign.js';
import { welcome } from './actions/welcome.js';
import { orderPlaced } from './events/orderPlaced.js';

export default defineConfig({
  builtIns: { throttle: false },
  actions: [greet, sign, welcome],
  events: [orderPlaced],
});
