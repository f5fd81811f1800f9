/** Every object has these from its prototype. A look-up of a text from outside must not find them. */
export const OBJECT_NAMES = ['constructor', '__proto__', 'toString', 'hasOwnProperty'] as const;
