/** HubSpot's property by which a contact is known. */
export const EMAIL = 'email';

const ADDRESS = /^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+$/;
const MAX_ADDRESS = 254;

/**
 * Whether this may be an e-mail address; HubSpot has the last word. Spaces around it do not count. The one rule for
 * events of all types.
 */
export function isAddress(text: string): boolean {
  const trimmed = text.trim();
  return trimmed.length <= MAX_ADDRESS && ADDRESS.test(trimmed);
}
