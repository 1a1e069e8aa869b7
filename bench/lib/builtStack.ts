import { startStack, type Stack, type StackOptions } from '../../test/support/stack.js';

/** The stack as production runs it, with servers of its own that write through to the disk. */
export function startBuiltStack(options: Omit<StackOptions, 'own'> = {}): Promise<Stack> {
  return startStack({ own: true, ...options });
}
