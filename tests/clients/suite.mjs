// Runs the calls that people's programs make, with the clients they make them with, and prints a line of JSON for each.
// GATEWAY is the gateway's address, KEY a key of it, SIMULATOR the address of its model, ROUTE the way that calls take (direct, or else the
// CLI's); RECORD is a folder to keep the bodies in, which the fuzzer begins from.
import { heard } from './watch.mjs';
import { calls as openai } from './calls/openai.mjs';
import { calls as anthropic } from './calls/anthropic.mjs';
import { calls as aiSdk } from './calls/ai-sdk.mjs';
import { calls as langchain } from './calls/langchain.mjs';
import { calls as agents } from './calls/agents.mjs';
import { calls as responses } from './calls/responses.mjs';
import { calls as frontEnds } from './calls/front-ends.mjs';

const only = process.argv[2];
for (const { client, call, run, refusal } of [...openai, ...anthropic, ...aiSdk, ...langchain, ...agents, ...responses, ...frontEnds]) {
  if (only && !`${client}: ${call}`.includes(only)) {
    continue;
  }

  heard.clear(`${client} ${call}`);
  let fault = null;
  try {
    await Promise.race([run(), late()]);
  } catch (error) {
    fault = String(error?.message ?? error).split('\n').slice(0, 4).join(' ').slice(0, 400);
  }

  const { route, ignored } = heard.last();
  const served = fault === null ? (ignored ? `yes; left aside: ${ignored}` : 'yes') : refusal?.test(fault) ? 'refused, with the next step' : 'no';
  console.log(JSON.stringify({ client, call, route: route ?? 'none', served, fault }));
}

process.exit(0);

function late() {
  return new Promise((_, reject) => setTimeout(() => reject(new Error('no answer in 60 s')), 60_000).unref());
}
