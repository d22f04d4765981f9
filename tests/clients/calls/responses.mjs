import OpenAI from 'openai';
import { Agent, OpenAIProvider, Runner, setTracingDisabled, tool } from '@openai/agents';
import { createOpenAI } from '@ai-sdk/openai';
import { generateText, stepCountIs, streamText, tool as aiTool } from 'ai';
import { z } from 'zod';
import { assert, enqueue, gateway, isDirect, key, prefix } from './common.mjs';

const baseURL = `${gateway}/v1`;
const client = new OpenAI({ baseURL, apiKey: key, maxRetries: 0 });
const weather = { name: 'mcp__functions__weather', input: { city: 'Oslo' } };
const statelessWeather = { ...weather, name: `${prefix}weather` };
const agents = (call, run) => ({ client: '@openai/agents 0.20, responses', call, run });
const aiSdk = (call, run) => ({ client: 'ai 6, openai (responses)', call, run });
const openai = (call, run) => ({ client: 'openai 6, responses', call, run });

export const calls = [
  openai('create, go on, retrieve, delete', async () => {
    await enqueue({ text: 'First.' }, { text: 'Second.' });
    const first = await client.responses.create({ model: 'sonnet', input: 'One?' });
    const second = await client.responses.create({ model: 'sonnet', input: 'Two?', previous_response_id: first.id });
    assert.equal(first.output_text, 'First.');
    assert.equal(second.output_text, 'Second.');
    assert.equal((await client.responses.retrieve(second.id)).output[0].content[0].text, 'Second.');
    assert.equal((await client.responses.inputItems.list(second.id)).data[0].content[0].text, 'Two?');
    await client.responses.delete(second.id);
    await assert.rejects(client.responses.retrieve(second.id), OpenAI.NotFoundError);
  }),
  openai('stream and its final response', async () => {
    await enqueue({ text: 'A few words here.' });
    const stream = client.responses.stream({ model: 'sonnet', input: 'Say.' });
    let said = '';
    for await (const event of stream) {
      said += event.type === 'response.output_text.delta' ? event.delta : '';
    }
    assert.equal(said, 'A few words here.');
    assert.equal((await stream.finalResponse()).output_text, 'A few words here.');
  }),
  openai('background, cut and resumed', async () => {
    await enqueue({ text: 'one two three four five six seven eight nine ten', tokensPerSecond: 20 });
    const stream = await client.responses.create({ model: 'sonnet', input: 'Go.', background: true, stream: true });
    let id, last, said = '';
    for await (const event of stream) {
      id ??= event.response?.id;
      last = event.sequence_number;
      said += event.type === 'response.output_text.delta' ? event.delta : '';
      if (said.length > 0) break;
    }
    for await (const event of await client.responses.retrieve(id, { stream: true, starting_after: last })) {
      assert.equal(event.sequence_number, ++last);
      said += event.type === 'response.output_text.delta' ? event.delta : '';
    }
    assert.equal(said, 'one two three four five six seven eight nine ten');
  }),
  openai('parsed JSON', async () => {
    await enqueue({ text: '', tool: { name: 'StructuredOutput', input: { city: 'Oslo' } } });
    const { zodTextFormat } = await import('openai/helpers/zod');
    const answer = await client.responses.parse({ model: 'sonnet', input: 'Where?', text: { format: zodTextFormat(z.object({ city: z.string() }), 'place') } });
    assert.deepEqual(answer.output_parsed, { city: 'Oslo' });
  }),
  agents('a tool, streamed and not', async () => {
    setTracingDisabled(true);
    const look = tool({ name: 'weather', description: 'How it is.', parameters: z.object({ city: z.string() }), execute: async () => 'rain' });
    const agent = new Agent({ name: 'Guide', instructions: 'Be brief.', model: 'sonnet', tools: [look] });
    const runner = new Runner({ modelProvider: new OpenAIProvider({ apiKey: key, baseURL, useResponses: true }) });
    for (const stream of [false, true]) {
      await enqueue({ text: '', tool: weather }, { text: 'It rains.' });
      const result = await runner.run(agent, 'How is it?', { stream });
      if (stream) await result.completed;
      assert.equal(result.finalOutput, 'It rains.');
    }
  }),
  agents('a tool with thinking, nothing kept', async () => {
    setTracingDisabled(true);
    const look = tool({ name: 'weather', description: 'How it is.', parameters: z.object({ city: z.string() }), execute: async () => 'rain' });
    const modelSettings = { store: false, reasoning: { effort: 'low', summary: 'auto' }, providerData: { include: ['reasoning.encrypted_content'] } };
    const agent = new Agent({ name: 'Guide', instructions: 'Be brief.', model: 'sonnet', tools: [look], modelSettings });
    const runner = new Runner({ modelProvider: new OpenAIProvider({ apiKey: key, baseURL, useResponses: true }) });
    for (const stream of [false, true]) {
      await enqueue({ text: '', thinkingText: 'I look it up.', tool: statelessWeather }, { text: 'It rains.' });
      const result = await runner.run(agent, 'How is it?', { stream });
      if (stream) await result.completed;
      assert.equal(result.finalOutput, 'It rains.');
      const thought = result.newItems.find((item) => item.type === 'reasoning_item')?.rawItem;
      assert.equal(thought.content[0].text, 'I look it up.');
      assert.equal(typeof (thought.providerData?.encryptedContent ?? thought.providerData?.encrypted_content) === 'string', isDirect);
    }
  }),
  aiSdk('a tool with thinking, nothing kept', async () => {
    const provider = createOpenAI({ apiKey: key, baseURL });
    await enqueue({ text: '', thinkingText: 'I look it up.', tool: statelessWeather }, { text: 'It rains.' });
    const tools = { weather: aiTool({ description: 'How it is.', inputSchema: z.object({ city: z.string() }), execute: async () => 'rain' }) };
    const providerOptions = { openai: { store: false, forceReasoning: true, reasoningEffort: 'low', reasoningSummary: 'auto' } };
    const result = await generateText({ model: provider('sonnet'), prompt: 'How is it?', tools, providerOptions, stopWhen: stepCountIs(3) });
    assert.equal(result.text, 'It rains.');
    assert.equal(result.steps[0].reasoningText, 'I look it up.');
  }),
  aiSdk('text, a tool in two steps, a second turn', async () => {
    const provider = createOpenAI({ apiKey: key, baseURL });
    await enqueue({ text: '', tool: weather }, { text: 'It rains.' }, { text: 'Bye.' });
    const tools = { weather: aiTool({ description: 'How it is.', inputSchema: z.object({ city: z.string() }), execute: async () => 'rain' }) };
    const messages = [{ role: 'user', content: 'How is it?' }];
    const result = await generateText({ model: provider('sonnet'), messages, tools, stopWhen: stepCountIs(3) });
    assert.equal(result.text, 'It rains.');
    const stream = streamText({ model: provider('sonnet'), messages: [...messages, ...result.response.messages, { role: 'user', content: 'Thanks.' }], tools });
    assert.equal(await stream.text, 'Bye.');
  }),
];
