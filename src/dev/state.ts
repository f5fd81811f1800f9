import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { makeFolder } from './processes/folder.ts';
import { writePrivately } from './processes/private-file.ts';

const random = (bytes: number) => () => randomBytes(bytes).toString('hex');

const schema = z.object({
  postgresPassword: z.string().min(1).default(random(16)),
  postgresPort: z.int().min(1).max(65_535).default(54_329),
  webhookSecret: z.string().min(1).default(random(24)),
  adminToken: z.string().min(16).default(random(24)),
});

/** What `dev` makes once and keeps, so that a second start is like the first. */
export type DevState = z.output<typeof schema>;

const fileOf = (dataDir: string) => path.join(dataDir, 'state.json');

/**
 * Reads the state in the folder, and makes and keeps what is missing.
 * @throws Error that names the file if it is broken.
 */
export function loadState(dataDir: string): DevState {
  makeFolder(dataDir);
  const state = schema.safeParse(read(fileOf(dataDir)));
  if (!state.success) {
    throw new Error(`${fileOf(dataDir)} is broken; put it right, or delete ${dataDir} to start afresh.`);
  }
  saveState(dataDir, state.data);
  return state.data;
}

export function saveState(dataDir: string, state: DevState): void {
  writePrivately(fileOf(dataDir), `${JSON.stringify(state, null, 2)}\n`);
}

function read(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
