/** What every object has by its prototype: a look-up by outside text must not find it. */
export const OBJECT_NAMES = ['constructor', '__proto__', 'toString', 'hasOwnProperty'] as const;
