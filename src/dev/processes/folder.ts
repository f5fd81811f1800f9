import { accessSync, chmodSync, constants, lstatSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';

/**
 * Makes a folder and the missing ones above it.
 *
 * Node's own recursive mkdir never ends if a file system such as /proc says that an existing parent is missing: it
 * makes the parent and tries again, for ever.
 *
 * @throws Error of the file system if one of them cannot be made.
 */
export function makeFolder(folder: string): void {
  if (isFolder(folder)) return;
  const parent = path.dirname(folder);
  if (parent !== folder) makeFolder(parent);
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process may have made it first.
    if (!isFolder(folder)) throw error;
  }
}

/**
 * Makes a folder that every user may enter and only this user may write to, unless it exists. False if it is not such a
 * folder: in a place that all users share, such as /tmp, another user may have made it first and could change it.
 */
export function ownFolder(folder: string): boolean {
  try {
    if (!isFolder(folder)) {
      makeFolder(folder);
      chmodSync(folder, 0o755);
    }
    accessSync(folder, constants.W_OK | constants.X_OK);
    return isOurs(folder);
  } catch {
    return false;
  }
}

/** Whether only this user and root can change the folder or replace it. */
export function isOurs(folder: string): boolean {
  const uid = process.getuid?.();
  const link = lstatSync(folder, { throwIfNoEntry: false });
  const found = statSync(folder, { throwIfNoEntry: false });
  if (!link || !found?.isDirectory()) return false;
  const { mode } = statSync(path.dirname(folder));
  const replaceable = (mode & 0o002) !== 0 && (mode & 0o1000) === 0;
  return uid === undefined || ([link, found].every(isOf(uid)) && (found.mode & 0o002) === 0 && !replaceable);
}

const isOf = (uid: number) => (file: { uid: number }) => file.uid === uid;

/** The topmost folder on the path to this one that the user may not enter; undefined if there is none. */
export function closedFor(uid: number, folder: string): string | undefined {
  const parent = path.dirname(folder);
  const above = parent === folder ? undefined : closedFor(uid, parent);
  if (above !== undefined) return above;
  const found = statSync(folder, { throwIfNoEntry: false });
  if (!found) return undefined;
  return found.mode & (found.uid === uid ? 0o100 : 0o001) ? undefined : folder;
}

function isFolder(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
