import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createSandbox, DEFAULT_API_KEY } from '../../sandbox/index.ts';

/**
 * Answers as Kombo would, in a process of its own and for as little processor time as possible: each page is a copy of one
 * page of the sandbox with other ids. Prints its address.
 *
 *   node bench/support/kombo-process.ts <records of each endpoint> [milliseconds that each page takes] [records of a page]
 */
const [records = '200000', delayMs = '0', size = '250'] = process.argv.slice(2);
const PAGE = Number(size);
const ID_LENGTH = 24;
const INTEGRATION = 'bench:million';
const pages = Math.ceil(Number(records) / PAGE);
const headers = { 'content-type': 'application/json', 'ratelimit-remaining': '1000' };

/** One page with room for ids, and where they go. */
interface Template {
  body: Buffer;
  places: number[];
}

async function makeTemplate(): Promise<Template> {
  const sandbox = createSandbox({
    integrations: [{ id: INTEGRATION, category: 'ATS', records: { ats_applications: PAGE } }],
  });
  const url = `${await sandbox.listen()}/ats/applications?page_size=${PAGE}&include_deleted=true`;
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${DEFAULT_API_KEY}`, 'x-integration-id': INTEGRATION },
  });
  const { data } = (await response.json()) as { data: { results: Record<string, unknown>[] } };
  await sandbox.close();
  const room = '#'.repeat(ID_LENGTH);
  // As large as the applications of a middling tool: 1.6 kB.
  const results = data.results.map((record) => ({ ...record, id: room, remote_data: null, offers: [] }));
  const body = Buffer.from(`"results":${JSON.stringify(results)}}}`);
  const places: number[] = [];
  for (let at = body.indexOf(room); at !== -1; at = body.indexOf(room, at + 1)) places.push(at);
  return { body, places };
}

const template = await makeTemplate();

/** Spread over the key space, as Kombo's ids are. */
function idOf(number: number): string {
  const spread = ((number * 2_654_435_761) % 4_294_967_296).toString(36).padStart(7, '0');
  return `${spread}${String(number).padStart(ID_LENGTH - spread.length, 'x')}`;
}

function makePage(page: number): Buffer {
  const next = page + 1 < pages ? `"page ${page + 1}"` : 'null';
  const head = Buffer.from(`{"status":"success","data":{"next":${next},`);
  const answer = Buffer.concat([head, template.body]);
  for (const [index, place] of template.places.entries()) {
    answer.write(idOf(page * PAGE + index), head.length + place, 'latin1');
  }
  return answer;
}

const server = createServer((request, response) => {
  const url = new URL(request.url!, 'http://kombo');
  if (url.pathname.startsWith('/integrations/')) {
    const data = {
      id: decodeURIComponent(url.pathname.split('/')[2]!),
      tool: { id: 'bench' },
      category: 'ATS',
      status: 'ACTIVE',
    };
    response.writeHead(200, headers).end(JSON.stringify({ status: 'success', data }));
    return;
  }
  const answer = makePage(Number(url.searchParams.get('cursor')?.slice('page '.length) ?? 0));
  const send = () => response.writeHead(200, { ...headers, 'content-length': answer.length }).end(answer);
  if (delayMs === '0') send();
  else void delay(Number(delayMs)).then(send);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
