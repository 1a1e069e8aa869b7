/*
 * Where a definition stands in the code of who wrote it: an error in it names the line that is to be mended. Of an
 * error that is made there the place is read when somebody asks, which costs more than making it.
 */

const MADE = new WeakMap<object, Error>();

/** To be called by what users call to define something, at once: its caller is who is remembered. */
export function notePlace(definition: object): void {
  MADE.set(definition, new Error('a definition'));
}

/** Whether one of them made it. */
export function wasDefined(definition: unknown): definition is object {
  return typeof definition === 'object' && definition !== null && MADE.has(definition);
}

/** The frame of the stack in which it was defined. Undefined: the stack is not that long. */
export function frameOf(definition: object): string | undefined {
  const frames = MADE.get(definition)
    ?.stack?.split('\n')
    .filter((line) => /^\s+at /.test(line));
  // This file's, that of the function that was called, that of its caller.
  return frames?.[2];
}
