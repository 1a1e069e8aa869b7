const PREFIX = 'sluice-test-';

/** The callback of a call that Sluice makes itself, to see an action run. HubSpot gives none that begins so. */
export function testCallback(unique: string): string {
  return `${PREFIX}${unique}`;
}

/** HubSpot waits for no callback of such a call, and is told of none. */
export function isTestCallback(callbackId: string): boolean {
  return callbackId.startsWith(PREFIX);
}
