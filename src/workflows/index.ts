export { throttle } from './throttle/throttle.js';
export { relay } from './relay.js';
export { disconnect } from './portals/disconnect.js';
export { install } from './portals/install.js';
export { tokenKeeper } from './tokens/tokenKeeper.js';
export { notice } from './workspaces/notice.js';
export { outboxDelivery } from './outbox/outboxDelivery.js';
export { outboxRedrive } from './outbox/outboxRedrive.js';
