/** What is wrong with one setting. You read it as `PORT is not a port, for example 3000`. */
export interface SettingIssue {
  /** The variable. */
  name: string;
  problem: string;
  /** What to do, unless the problem says it. */
  remedy?: string | undefined;
  example?: string | undefined;
}

/** Lists every setting that is wrong or missing. */
export class ConfigError extends Error {
  override name = 'ConfigError';
  readonly issues: readonly SettingIssue[];

  constructor(issues: readonly SettingIssue[]) {
    super(issues.map(issueText).join('\n'));
    this.issues = issues;
  }
}

function issueText({ name, problem, remedy, example }: SettingIssue): string {
  const parts = [
    `${name} ${problem}`,
    ...(remedy ? [`; ${remedy}`] : []),
    ...(example ? [`, for example ${example}`] : []),
  ];
  return `${parts.join('')}.`;
}
