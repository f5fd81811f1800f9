import { loadConfig } from '../../src/config.ts';

/** What is said of wrong settings. */
export function complaint(env: Record<string, string>): string {
  try {
    loadConfig(env);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('Nothing is wrong with it.');
}
