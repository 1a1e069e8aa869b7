import { ACTION_RUN_OPERATIONS } from './actions/actionRunOperations.js';
import { DEFINED_ACTION_OPERATIONS } from './actions/definedActionOperations.js';
import { PORTAL_SETTINGS_OPERATIONS } from './actions/settingsOperations.js';
import { CALL_DEFINED_ACTION } from './actions/actionCallOperation.js';
import { OPTIONS_OPERATIONS } from './actions/options/optionsOperations.js';
import { AUDIT_OPERATIONS } from './audit/auditOperations.js';
import { ATTENTION_OPERATIONS } from './attention/attentionOperations.js';
import type { OperationDescription } from './http/operation.js';
import { CONNECT_OPERATIONS } from './portals/connectOperations.js';
import { SERVICE_OPERATIONS } from './http/serviceOperations.js';
import { BROWSER_OPERATIONS } from './portals/install/browserOperations.js';
import { LINK_OPERATIONS } from './portals/install/linkOperations.js';
import { MANAGE_OPERATIONS } from './portals/install/manageOperations.js';
import { PORTAL_STATUS_OPERATIONS } from './portals/statusOperations.js';
import { REFERENCE_OPERATIONS } from './reference/referenceOperations.js';
import { CHANGE_OPERATIONS } from './crm/changeOperations.js';
import { DECLARED_OPERATIONS } from './crm/declaredOperations.js';
import { EXPORT_RECORDS } from './crm/exportOperation.js';
import { CONSUMER_ACTIONS } from './crm/consumerActions.js';
import { CONSUMER_OPERATIONS } from './crm/consumerOperations.js';
import { LOCAL_RECORD_OPERATIONS } from './crm/localRecordOperations.js';
import { NAME_OPERATIONS } from './crm/nameOperations.js';
import { RECORD_OPERATIONS } from './crm/recordOperations.js';
import { SQL_VIEW_OPERATIONS } from './crm/sqlViewOperations.js';
import { ERASURE_OPERATIONS } from './privacy/erasureOperations.js';
import { STORED_OPERATIONS } from './privacy/storedOperations.js';
import { PASS_OPERATIONS } from './sync/passOperations.js';
import { EXPLAIN_OPERATION } from './sync/explainOperation.js';
import { FORMER_SYNC_OPERATIONS } from './sync/formerSyncOperations.js';
import { PROPERTY_OPERATIONS } from './sync/propertyOperations.js';
import { PORTAL_SCHEDULE_OPERATIONS } from './sync/portalScheduleOperations.js';
import { SYNC_OPERATIONS } from './sync/syncOperations.js';
import { TYPE_OPERATIONS } from './sync/typeOperations.js';
import { REGISTER_OPERATIONS } from './register/registerOperations.js';
import { ACTION_OPERATIONS } from './throttle/actionOperation.js';
import { DEAD_LETTER_OPERATIONS } from './outbox/deadLetterOperations.js';
import { CAPTURE_EVENTS, EVENT_OPERATIONS } from './outbox/eventOperations.js';
import { EVENT_TYPE_OPERATIONS } from './outbox/eventTypeOperations.js';
import { MAPPING_OPERATIONS } from './outbox/mappingOperations.js';
import { OUTBOX_PORTAL_OPERATIONS } from './outbox/outboxPortalOperations.js';
import { REDRIVE_OPERATIONS } from './outbox/redriveOperations.js';
import { ACTION_RATE_OPERATIONS } from './throttle/actionRateOperations.js';
import { EXECUTION_OPERATIONS } from './throttle/executionOperations.js';
import { LANE_OPERATIONS } from './throttle/laneOperations.js';
import { JOURNAL_OPERATIONS } from './webhooks/journalOperations.js';
import { WEBHOOK_CALLS, WEBHOOK_OPERATIONS } from './webhooks/webhookOperations.js';
import { WEBHOOK_STATUS_OPERATIONS } from './webhooks/webhookStatusOperations.js';
import { KEY_OPERATIONS } from './workspaces/keyOperations.js';
import { NOTICE_OPERATIONS } from './workspaces/noticeOperations.js';
import { SEARCH_OPERATIONS } from './search/searchOperations.js';
import { FORMER_LIST_OPERATIONS } from './writes/formerListOperation.js';
import { LINK_WRITE_OPERATIONS } from './writes/linkOperations.js';
import { WRITE_OPERATIONS } from './writes/writeOperations.js';
import { WORKSPACE_OPERATIONS } from './workspaces/workspaceOperations.js';

/** What the API can be asked, room by room, in the order of the document. */
export const OPERATIONS: readonly OperationDescription[] = [
  ...ATTENTION_OPERATIONS,
  ...SEARCH_OPERATIONS,
  ...LANE_OPERATIONS,
  ...EXECUTION_OPERATIONS,
  ...ACTION_RATE_OPERATIONS,
  ...DEFINED_ACTION_OPERATIONS,
  ...ACTION_RUN_OPERATIONS,
  ...PORTAL_STATUS_OPERATIONS,
  ...CONNECT_OPERATIONS,
  ...PORTAL_SETTINGS_OPERATIONS,
  ...LINK_OPERATIONS,
  ...BROWSER_OPERATIONS,
  ...MANAGE_OPERATIONS,
  CAPTURE_EVENTS,
  ...EVENT_OPERATIONS,
  ...OUTBOX_PORTAL_OPERATIONS,
  ...DEAD_LETTER_OPERATIONS,
  ...REDRIVE_OPERATIONS,
  ...MAPPING_OPERATIONS,
  ...EVENT_TYPE_OPERATIONS,
  ...TYPE_OPERATIONS,
  ...SYNC_OPERATIONS,
  ...PORTAL_SCHEDULE_OPERATIONS,
  ...PASS_OPERATIONS,
  ...WEBHOOK_OPERATIONS,
  ...JOURNAL_OPERATIONS,
  ...WEBHOOK_STATUS_OPERATIONS,
  EXPLAIN_OPERATION,
  ...FORMER_SYNC_OPERATIONS,
  ...PROPERTY_OPERATIONS,
  ...NAME_OPERATIONS,
  ...RECORD_OPERATIONS,
  ...WRITE_OPERATIONS,
  ...LINK_WRITE_OPERATIONS,
  EXPORT_RECORDS,
  ...DECLARED_OPERATIONS,
  ...LOCAL_RECORD_OPERATIONS,
  ...REGISTER_OPERATIONS,
  ...FORMER_LIST_OPERATIONS,
  ...CHANGE_OPERATIONS,
  ...SQL_VIEW_OPERATIONS,
  ...STORED_OPERATIONS,
  ...ERASURE_OPERATIONS,
  ...CONSUMER_OPERATIONS,
  ...CONSUMER_ACTIONS,
  ...WORKSPACE_OPERATIONS,
  ...KEY_OPERATIONS,
  ...NOTICE_OPERATIONS,
  ...AUDIT_OPERATIONS,
  ...ACTION_OPERATIONS,
  CALL_DEFINED_ACTION,
  ...OPTIONS_OPERATIONS,
  ...WEBHOOK_CALLS,
  ...SERVICE_OPERATIONS,
  ...REFERENCE_OPERATIONS,
];
