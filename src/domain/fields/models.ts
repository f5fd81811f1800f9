import { CATALOGUE, CATEGORIES, type KnownCategory } from '../catalogue/index.ts';
import { MODEL_KEYS } from '../catalogue/nested.ts';

const singular = (plural: string) => plural.replace(/ies$/, 'y').replace(/s$/, '');

/** `employee` and `employees` for `hris_employees`. Other keys are in the catalogue. */
const KEYS = new Map<string, ReadonlyMap<string, string>>(
  CATEGORIES.map((category) => {
    const models = CATALOGUE.filter((endpoint) => endpoint.category === category).map(
      ({ records }) => records,
    );
    const own = models.flatMap((model) => {
      const name = model.slice(model.indexOf('_') + 1);
      return [
        [name, model],
        [singular(name), model],
      ] as const;
    });
    return [category, new Map([...own, ...MODEL_KEYS[category]])];
  }),
);

/** The model of the records under a key, in records of a category. */
export function modelUnder(category: KnownCategory, key: string): string | undefined {
  return KEYS.get(category)?.get(key);
}

/** The keys of a category that hold records of some models. */
export function keysOf(category: KnownCategory, isOne: (model: string) => boolean): string[] {
  return [...(KEYS.get(category) ?? [])].filter(([, model]) => isOne(model)).map(([key]) => key);
}
