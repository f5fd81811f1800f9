import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { readTar } from './tar.ts';

export const PYPI = 'https://pypi.org/pypi/kombo/json';

const MAX_DOWNLOAD = 32 * 1024 * 1024;
const MAX_UNPACKED = 256 * 1024 * 1024;

/** The newest published package of Kombo's SDK. */
export interface Package {
  version: string;
  /** The day on which it was published. */
  date: string;
  /** Its sources, by the path in the archive. */
  sources: ReadonlyMap<string, string>;
}

/** The package cannot be fetched or read. The message says what happened and what to do. */
export class NoPackage extends Error {
  override name = 'NoPackage';

  constructor(what: string, remedy: string, cause?: unknown) {
    super(`${what} ${remedy}`, { cause });
  }
}

const INDEX = z.object({
  info: z.object({ version: z.string() }),
  urls: z.array(
    z.object({
      packagetype: z.string(),
      url: z.string(),
      upload_time_iso_8601: z.string(),
      digests: z.object({ sha256: z.string() }),
    }),
  ),
});

const NETWORK = 'Check the network and your proxy (NODE_USE_ENV_PROXY=1 uses HTTPS_PROXY), and try again.';
const CHANGED = 'Look there, and bring scripts/contract up to it.';

/** @throws NoPackage */
export async function fetchPackage(index: string, timeoutMs: number): Promise<Package> {
  const signal = AbortSignal.timeout(timeoutMs);
  const known = INDEX.safeParse(parse((await download(index, signal)).toString()));
  if (!known.success) throw new NoPackage(`${index} does not describe a package as PyPI does.`, CHANGED);
  const { info, urls } = known.data;
  const source = urls.find(({ packagetype }) => packagetype === 'sdist');
  if (!source) throw new NoPackage(`${index} has no sources of ${info.version}.`, CHANGED);
  // A mirror may give a relative URL.
  const address = new URL(source.url, index).href;
  const archive = await download(address, signal);
  if (createHash('sha256').update(archive).digest('hex') !== source.digests.sha256) {
    throw new NoPackage(`${address} is not what its index says.`, 'Try again; a proxy may have changed it.');
  }
  return {
    version: info.version,
    date: source.upload_time_iso_8601.slice(0, 10),
    sources: unpack(address, archive),
  };
}

function unpack(address: string, archive: Buffer): Map<string, string> {
  try {
    return readTar(gunzipSync(archive, { maxOutputLength: MAX_UNPACKED }));
  } catch (error) {
    throw new NoPackage(`${address} cannot be unpacked: ${(error as Error).message}.`, CHANGED, error);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function download(address: string, signal: AbortSignal): Promise<Buffer> {
  try {
    const response = await fetch(address, { signal });
    if (!response.ok) throw new NoPackage(`${address} answers with HTTP ${response.status}.`, NETWORK);
    return await readBody(address, response);
  } catch (error) {
    if (error instanceof NoPackage) throw error;
    throw new NoPackage(`${address} cannot be reached: ${whyUnreachable(error)}.`, NETWORK, error);
  }
}

async function readBody(address: string, response: Response): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > MAX_DOWNLOAD)
      throw new NoPackage(`${address} is longer than ${MAX_DOWNLOAD} bytes.`, CHANGED);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function whyUnreachable(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === 'TimeoutError') return 'it takes too long';
  return cause?.code ?? cause?.message ?? message;
}
