import type { OperationDescription } from './http/operation.js';
import { LANE_OPERATIONS } from './throttle/laneOperations.js';

/** What the API can be asked, room by room, in the order of the document. */
export const OPERATIONS: readonly OperationDescription[] = [...LANE_OPERATIONS];
