// Sees every call of every client on its way out: what it sent, and how the gateway says that it was served. The first thing to be
// imported: clients keep the fetch that they find.
import { mkdirSync, writeFileSync } from 'node:fs';

const real = globalThis.fetch;
const record = process.env.RECORD;
let seen = {};
let name = '';
let count = 0;
globalThis.AI_SDK_LOG_WARNINGS = false;
globalThis.fetch = async (input, init) => {
  const address = new URL(input?.url ?? input).pathname;
  const api = /(chat|messages|responses)(\/completions)?$/.exec(address)?.[1];
  if (record && api && typeof init?.body === 'string') {
    mkdirSync(record, { recursive: true });
    writeFileSync(`${record}/${api}-${name.replace(/[^a-z0-9]+/gi, '-').toLowerCase()}-${++count}.json`, init.body);
  }

  const response = await real(input, init);
  if (address.startsWith('/_simulator')) {
    return response;
  }

  seen = {
    status: response.status,
    route: response.headers.get('x-pilotlight-route') ?? 'none',
    ignored: response.headers.get('x-pilotlight-ignored') ?? '',
  };
  return response;
};

export const heard = { clear(next) { seen = {}; name = next; count = 0; }, last: () => seen };
