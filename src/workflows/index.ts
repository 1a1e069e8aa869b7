export { throttle } from './throttle/throttle.js';
// The workflow type keeps its first name: schedules in production start it.
export { reconciler as relay } from './reconciler.js';
export { disconnect } from './portals/disconnect.js';
export { install } from './portals/install.js';
export { tokenKeeper } from './tokens/tokenKeeper.js';
export { notice } from './workspaces/notice.js';
export { outboxDelivery } from './outbox/outboxDelivery.js';
export { feedDelivery } from './crm/feedDelivery.js';
export { registerContact } from './register/registerContact.js';
export { actionPack } from './actions/actionPack.js';
export { actionRun } from './actions/actionRun.js';
export { portalSync } from './sync/portalSync.js';
export { syncDispatch } from './sync/syncDispatch.js';
export { syncEstimate } from './sync/syncEstimate.js';
export { syncPortal } from './sync/syncPortal.js';
export { syncPass } from './sync/syncPass.js';
export { outboxRedrive } from './outbox/outboxRedrive.js';
export { webhooksJournal } from './webhooks/webhooksJournal.js';
