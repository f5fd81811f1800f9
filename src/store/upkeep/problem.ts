/** The database is not as it must be. */
export class DatabaseProblem extends Error {
  override name = 'DatabaseProblem';
  /** What was found, as a sentence. */
  readonly what: string;
  /** What you should do, with the statements for it. */
  readonly remedy: string;

  constructor(what: string, remedy: string, options?: ErrorOptions) {
    super(`${what} ${remedy}`, options);
    this.what = what;
    this.remedy = remedy;
  }
}
