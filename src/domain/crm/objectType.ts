/** A type of HubSpot's objects: one that every account has, or HubSpot's id of a custom one, such as `2-3465404`. */
export const OBJECT_TYPES = ['contacts', 'companies', 'deals', 'tickets'] as const;

export function isObjectType(text: string): boolean {
  return OBJECT_TYPES.some((one) => one === text) || /^2-[1-9]\d{0,14}$/.test(text);
}
