import { HttpAgent } from '@ag-ui/client';
import { DefaultChatTransport, readUIMessageStream } from 'ai';
import { assert, enqueue, gateway } from './common.mjs';

const newThread = async () => (await (await fetch(`${gateway}/api/threads`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })).json()).id;
const read = async (stream) => {
  let message;
  for await (message of readUIMessageStream({ stream })) { /* the last one is the whole */ }
  return message;
};
const textOf = (message) => message.parts.filter((part) => part.type === 'text').map((part) => part.text).join('');
const user = (id, text) => ({ id, role: 'user', parts: [{ type: 'text', text }] });

export const calls = [
  { client: '@ag-ui/client 1', call: 'two runs and a tool of the client', run: async () => {
    const thread = await newThread();
    await enqueue({ text: 'Hello.' }, { text: '', tool: { name: 'mcp__functions__weather', input: { city: 'Oslo' } } }, { text: 'It rains.' });
    const agent = new HttpAgent({ url: `${gateway}/api/threads/${thread}/agui`, threadId: thread });
    const tools = [{ name: 'weather', description: 'How it is.', parameters: { type: 'object', properties: { city: { type: 'string' } } } }];
    agent.messages = [{ id: 'u1', role: 'user', content: 'Hi.' }];
    await agent.runAgent({ runId: 'r1', tools });
    assert.equal(agent.messages.at(-1).content, 'Hello.');
    agent.addMessage({ id: 'u2', role: 'user', content: 'How is it?' });
    await agent.runAgent({ runId: 'r2', tools });
    const call = agent.messages.at(-1).toolCalls[0];
    assert.deepEqual(JSON.parse(call.function.arguments), { city: 'Oslo' });
    agent.addMessage({ id: 't1', role: 'tool', toolCallId: call.id, content: 'rain' });
    await agent.runAgent({ runId: 'r3', tools });
    assert.equal(agent.messages.at(-1).content, 'It rains.');
  } },
  { client: 'ai 6, UI messages', call: 'a chat, resumed while it runs', run: async () => {
    const thread = await newThread();
    const api = `${gateway}/api/threads/${thread}/ui`;
    const transport = new DefaultChatTransport({ api, prepareReconnectToStreamRequest: () => ({ api }) });
    await enqueue({ thinkingText: 'Hm.', text: 'one two three four five six seven eight', tokensPerSecond: 20 });
    const stream = await transport.sendMessages({ chatId: thread, messages: [user('u1', 'Go.')], trigger: 'submit-message', abortSignal: undefined });
    const cut = stream.getReader();
    await cut.read();
    await cut.read();
    await cut.cancel();
    const resumed = await read(await transport.reconnectToStream({ chatId: thread }));
    assert.equal(textOf(resumed), 'one two three four five six seven eight');
    assert.equal(await transport.reconnectToStream({ chatId: thread }), null);
    await enqueue({ text: 'Bye.' });
    const next = await read(await transport.sendMessages({ chatId: thread, messages: [user('u1', 'Go.'), resumed, user('u2', 'Bye?')], trigger: 'submit-message' }));
    assert.equal(textOf(next), 'Bye.');
  } },
];
