export { throttle } from './throttle.js';
export { relay } from './relay.js';
