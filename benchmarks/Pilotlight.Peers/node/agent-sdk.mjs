// Times the TypeScript Agent SDK to its first text, on the CLI and the API that it is given. One command a line on stdin
// (query, startup, prewarm, session), one JSON line of milliseconds for each on stdout.
import { createInterface } from 'node:readline';
import { prewarm, startup, query } from '@anthropic-ai/claude-agent-sdk';

const { CLAUDE, API, CLI_HOME } = process.env;
const env = {
  HOME: CLI_HOME, PATH: '/usr/bin:/bin', ANTHROPIC_BASE_URL: API, ANTHROPIC_API_KEY: 'simulated',
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1', DISABLE_TELEMETRY: '1', DISABLE_ERROR_REPORTING: '1',
};
const options = { pathToClaudeCodeExecutable: CLAUDE, env, model: 'sonnet', includePartialMessages: true, settingSources: [], tools: [], systemPrompt: 'You are a helpful assistant.' };
const here = { ...options, cwd: CLI_HOME };
const question = 'Say something short.';
const settle = () => new Promise(done => setTimeout(done, 1500));

async function untilResult(messages, since) {
  let first = null;
  for (;;) {
    const { value: message, done } = await messages.next();
    if (done) return first;
    if (first === null && message.type === 'stream_event' && message.event.type === 'content_block_delta') first = performance.now() - since;
    if (message.type === 'result') return first;
  }
}

const ways = {
  async query() {
    const since = performance.now();
    return await untilResult(query({ prompt: question, options: here }), since);
  },
  async startup() {
    const warm = await startup({ options: here });
    await settle();
    const since = performance.now();
    const took = await untilResult(warm.query(question), since);
    warm.close?.();
    return took;
  },
  async prewarm() {
    const spare = await prewarm({ options });
    await settle();
    const since = performance.now();
    const claimed = spare.claim({ prompt: question, options: { cwd: CLI_HOME } });
    spare.claimed.catch(fault => console.error(fault.message));
    const took = await untilResult(claimed, since);
    claimed.close?.();
    return took;
  },
  // The second message of one streaming session: the SDK's own way to stay hot.
  async session() {
    let say;
    const inbox = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(done => { say = text => done({ done: false, value: { type: 'user', message: { role: 'user', content: text }, parent_tool_use_id: null, session_id: '' } }); }) }) };
    const session = query({ prompt: inbox, options: here });
    const ready = async () => { while (!say) await new Promise(done => setImmediate(done)); };
    await ready(); say(question); say = undefined;
    await untilResult(session, 0);
    await settle();
    await ready();
    const since = performance.now();
    say(question);
    const took = await untilResult(session, since);
    session.close?.();
    return took;
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  try {
    console.log(JSON.stringify({ ms: await ways[line]() }));
  } catch (fault) {
    console.log(JSON.stringify({ error: String(fault?.message ?? fault) }));
  }
}
process.exit(0);
