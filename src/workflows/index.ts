export { throttle } from './throttle.js';
export { relay } from './relay.js';
export { disconnect } from './disconnect.js';
export { install } from './install.js';
export { tokenKeeper } from './tokenKeeper.js';
export { notice } from './notice.js';
export { outboxDelivery } from './outboxDelivery.js';
export { outboxRedrive } from './outboxRedrive.js';
