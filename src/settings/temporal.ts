import { readFileSync } from 'node:fs';
import type { SettingIssue } from '../config-error.ts';
import { BEARER } from '../config-values.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Temporal's clients take any other value for `false`. */
const TLS_VALUES = ['', 'true', 'false', '1', '0'];

/** `NAME_FILE` for the variables of Temporal's clients. TEMPORAL_CONFIG_FILE is a variable of its own. */
const FILE_OF = /^(TEMPORAL_(?:ADDRESS|NAMESPACE|API_KEY|PROFILE|TLS|TLS_.+|CODEC_.+|GRPC_META_.+))_FILE$/;

/** Files that Temporal's clients read. If one is missing, the clients do not say which variable names it. */
const PATHS = [
  'TEMPORAL_TLS_CLIENT_CERT_PATH',
  'TEMPORAL_TLS_CLIENT_KEY_PATH',
  'TEMPORAL_TLS_SERVER_CA_CERT_PATH',
];

/**
 * The variables of Temporal's clients, and what is wrong with them. `NAME_FILE` names a file with the value, as for all
 * settings. The clients take an empty variable for a value, so an empty TEMPORAL_TLS would turn TLS off: empty
 * variables are dropped. Only an empty header is kept, since it removes the header of a profile.
 */
export function readTemporalSettings(env: Env): { values: Record<string, string>; issues: SettingIssue[] } {
  const values: Record<string, string> = {};
  const issues: SettingIssue[] = [];
  for (const [name, value] of Object.entries(env)) {
    const isEmpty = value === '' && /^TEMPORAL_(?!GRPC_META_)/.test(name);
    if (value !== undefined && !isEmpty) values[name] = value;
  }
  for (const [name, file] of Object.entries(values)) {
    const [, setting] = FILE_OF.exec(name) ?? [];
    if (setting === undefined || file === '') continue;
    delete values[name];
    const value = readText(file);
    if (value) values[setting] = value;
    else issues.push(fileIssue(name, file, value));
  }
  for (const name of PATHS) {
    const file = values[name];
    if (file !== undefined && !readText(file)) issues.push(fileIssue(name, file, readText(file)));
  }
  const address = values['TEMPORAL_ADDRESS'];
  if (address !== undefined) issues.push(...addressIssues('TEMPORAL_ADDRESS', address));
  if (!TLS_VALUES.includes(values['TEMPORAL_TLS'] ?? '')) {
    issues.push({
      name: 'TEMPORAL_TLS',
      problem: 'is neither true nor false',
      remedy: 'set it to one of them',
      example: 'TEMPORAL_TLS=true',
    });
  }
  // A header cannot hold other characters, and the error of the client would show the key.
  if (!BEARER.test(values['TEMPORAL_API_KEY'] ?? 'none')) {
    issues.push({
      name: 'TEMPORAL_API_KEY',
      problem: 'holds a line break, a space or another character that no key has',
      remedy: 'copy it again',
    });
  }
  return { values, issues };
}

/** What is wrong with an address: the client wants a host and a port, and explains little if it gets something else. */
export function addressIssues(name: string, address: string): SettingIssue[] {
  const example = 'localhost:7233';
  const remedy = 'write the host and the port only';
  if (/^[a-z][a-z+.-]*:\/\//i.test(address)) return [{ name, problem: 'has a scheme', remedy, example }];
  if (address.includes('/')) return [{ name, problem: 'holds a slash', remedy, example }];
  if (/[\s@,]/.test(address)) return [{ name, problem: 'is not a host and a port', example }];
  return [];
}

/** Undefined if it cannot be read. */
function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}

const fileIssue = (name: string, file: string, value: string | undefined): SettingIssue => ({
  name,
  problem: `names ${file}, which ${value === undefined ? 'cannot be read' : 'is empty'}`,
});
