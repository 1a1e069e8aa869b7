import { z } from 'zod';
import { SELECTION_MODES, type PropertySelection } from '../../domain/sync/propertySelection.js';
import { invalidInput, shortList } from '../http/input.js';

/** More than a type may have. */
const MOST_NAMES = 5000;
const nameSchema = z
  .string()
  .regex(/^[a-z0-9_.-]{1,200}$/i, "must be HubSpot's name of a property")
  .meta({ id: 'PropertyName', description: "HubSpot's name of a property", example: 'lifecyclestage' });

/** Which properties of a type are to be kept. */
export const selectionChangeSchema = z
  .strictObject({ mode: z.enum(SELECTION_MODES), names: shortList(nameSchema, MOST_NAMES).optional() })
  .meta({ id: 'PropertySelectionChange' });

/** As it is stored. `path`: where the names stand in what was asked. */
export function selectionOf(
  { mode, names = [] }: z.output<typeof selectionChangeSchema>,
  path: string,
): PropertySelection {
  if ((mode === 'all') !== (names.length === 0))
    throw invalidInput([
      { path, message: mode === 'all' ? 'are for include and exclude' : `must hold what to ${mode}` },
    ]);
  return { mode, names: [...new Set(names)].sort() };
}
