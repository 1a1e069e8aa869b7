/** `kept`: the workspace has no URL. `failed`: its URL did not take it for days. Both stay, and can be sent again. */
export const NOTICE_STATES = ['pending', 'delivered', 'failed', 'kept'] as const;
export type NoticeState = (typeof NOTICE_STATES)[number];
