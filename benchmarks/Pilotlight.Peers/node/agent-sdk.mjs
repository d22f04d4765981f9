// Times the TypeScript Agent SDK to its first text, on the CLI and the API that it is given. Two commands, a line each on stdin: 'prepare ID WAY'
// (query, startup, prewarm, session) makes ready what that way makes ready, 'ask ID' says something to it. One JSON line for each on stdout.
import { createInterface } from 'node:readline';
import { prewarm, startup, query } from '@anthropic-ai/claude-agent-sdk';

const { CLAUDE, API, CLI_HOME, TRUSTED } = process.env;
const env = {
  HOME: CLI_HOME, PATH: '/usr/bin:/bin', ANTHROPIC_BASE_URL: API, ANTHROPIC_API_KEY: 'simulated',
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1', DISABLE_TELEMETRY: '1', DISABLE_ERROR_REPORTING: '1',
  ...(TRUSTED ? { NODE_EXTRA_CA_CERTS: TRUSTED } : {}),
};
const options = { pathToClaudeCodeExecutable: CLAUDE, env, model: 'sonnet', includePartialMessages: true, settingSources: [], tools: [], systemPrompt: 'You are a helpful assistant.' };
const here = { ...options, cwd: CLI_HOME };
const question = 'Say something short.';
async function untilResult(messages, since) {
  let first = null;
  for (;;) {
    const { value: message, done } = await messages.next();
    if (done) return first;
    if (first === null && message.type === 'stream_event' && message.event.type === 'content_block_delta') first = performance.now() - since;
    if (message.type === 'result') return first;
  }
}

// What each way makes ready, and then what is done when somebody speaks.
const ways = {
  async query() {
    return async since => await untilResult(query({ prompt: question, options: here }), since);
  },
  async startup() {
    const warm = await startup({ options: here });
    return async since => {
      const took = await untilResult(warm.query(question), since);
      warm.close?.();
      return took;
    };
  },
  async prewarm() {
    const spare = await prewarm({ options });
    return async since => {
      const claimed = spare.claim({ prompt: question, options: { cwd: CLI_HOME } });
      spare.claimed.catch(fault => console.error(fault.message));
      const took = await untilResult(claimed, since);
      claimed.close?.();
      return took;
    };
  },
  // The second message of one streaming session: the SDK's own way to stay hot.
  async session() {
    let say;
    const inbox = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(done => { say = text => done({ done: false, value: { type: 'user', message: { role: 'user', content: text }, parent_tool_use_id: null, session_id: '' } }); }) }) };
    const session = query({ prompt: inbox, options: here });
    const ready = async () => { while (!say) await new Promise(done => setImmediate(done)); };
    await ready(); say(question); say = undefined;
    await untilResult(session, 0);
    await ready();
    return async since => {
      say(question);
      const took = await untilResult(session, since);
      session.close?.();
      return took;
    };
  },
};

const prepared = new Map();

async function answer(act, id, way) {
  try {
    if (act === 'prepare') {
      prepared.set(id, await ways[way]());
      return { id, ready: true };
    }
    return { id, ms: await prepared.get(id)(performance.now()) };
  } catch (fault) {
    return { id, error: String(fault?.message ?? fault) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  answer(...line.split(' ')).then(told => console.log(JSON.stringify(told)));
}
process.exit(0);
