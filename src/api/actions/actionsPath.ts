/** Below it each action has its URL, which never changes: HubSpot keeps it with the definition. */
export const ACTIONS_PATH = '/api/hubspot/actions';
