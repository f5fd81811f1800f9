/** A class of Python source: the fields that it declares, with the text of their types. */
export interface PythonClass {
  fields: ReadonlyMap<string, string>;
}

export interface PythonModule {
  classes: ReadonlyMap<string, PythonClass>;
  /** The text of each type that has a name of its own. */
  aliases: ReadonlyMap<string, string>;
}

const TEXTS = /\br?"""[\s\S]*?"""/g;
const CLASS = /^class (\w+)\([^)]*\):\n((?:(?: {4}.*)?\n)*)/gm;
const ALIAS = /^(\w+) = ((?:Literal|Union|TypeAliasType|Annotated)\b[^\n]*(?:\n(?: |[\])]).*)*)/gm;
/** A field at the first level of a class, with its continuation lines. */
const FIELD = /^ {4}(\w+): (.*(?:\n(?: {5,}.*| {4}[\])].*))*)/gm;

/** The declarations in a module of generated models, read as text: names, and types as they are written. */
export function readModule(source: string): PythonModule {
  const text = `${source.replaceAll(TEXTS, '')}\n`;
  const classes = new Map<string, PythonClass>();
  for (const [, name = '', body = ''] of text.matchAll(CLASS)) {
    const fields = new Map<string, string>();
    for (const [, field = '', type = ''] of body.matchAll(FIELD)) {
      // A field whose name means something else in Python has an alias.
      const alias = /\balias="([^"]+)"/.exec(type)?.[1];
      fields.set(alias ?? field, type);
    }
    classes.set(name, { fields });
  }
  const aliases = new Map([...text.matchAll(ALIAS)].map(([, name = '', type = '']) => [name, type]));
  return { classes, aliases };
}

/** The words in a type that can be names of other types. */
export const namesIn = (type: string) => [...new Set(type.match(/\b[A-Z]\w+\b/g) ?? [])];

/** The values of `Literal["a", "b"]`. */
export const literals = (type: string) => [...type.matchAll(/"([^"]*)"/g)].map(([, value]) => value!);
