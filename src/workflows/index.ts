export { throttle } from './throttle.js';
export { relay } from './relay.js';
export { disconnect } from './disconnect.js';
export { install } from './install.js';
