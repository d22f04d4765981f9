import Anthropic from '@anthropic-ai/sdk';
import { assert, callOf, fails, gateway, key, model, pdf, place, png, words } from './common.mjs';

const anthropic = new Anthropic({ baseURL: gateway, apiKey: key, maxRetries: 0 });
const ask = (content, more = {}) => anthropic.messages.create({ model, max_tokens: 1024, messages: [{ role: 'user', content }], ...more });
const weather = { name: 'weather', description: 'How it is.', input_schema: place };
const said = async (answer) => (await answer).content.filter((block) => block.type === 'text').map((block) => block.text).join('');
const case_ = (call, run) => ({ client: '@anthropic-ai/sdk 1', call, run });

export const calls = [
  case_('an answer', async () => assert.match(await said(ask(words(12))), /word12$/)),
  case_('a stream', async () => {
    const stream = anthropic.messages.stream({ model, max_tokens: 1024, messages: [{ role: 'user', content: words(30) }] });
    const end = await stream.finalMessage();
    assert.match(end.content[0].text, /word30$/);
    assert.equal(end.stop_reason, 'end_turn');
    assert.ok(end.usage.output_tokens > 0);
  }),
  case_('temperature, top_p, top_k, stop_sequences', async () => said(ask(words(3), { temperature: 0.2, top_p: 0.9, top_k: 40, stop_sequences: ['END'] }))),
  case_('system blocks with cache marks', async () => said(ask(words(3), { system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }] }))),
  case_('thinking and effort', async () => said(ask(words(3), { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } }))),
  case_('a budget of thinking', async () => said(ask(words(3), { max_tokens: 4096, thinking: { type: 'enabled', budget_tokens: 2048 } }))),
  case_('pictures and documents', async () => said(ask([
    { type: 'text', text: words(3) },
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } },
    { type: 'image', source: { type: 'url', url: 'https://pictures.example/a.png' } },
    { type: 'document', title: 'Rules', context: 'ours', citations: { enabled: true }, source: { type: 'base64', media_type: 'application/pdf', data: pdf } },
    { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'rules' } },
  ]))),
  case_('a tool and its result with a picture', async () => {
    const content = callOf('weather', { city: 'Oslo' });
    const asked = await ask(content, { tools: [weather] });
    const use = asked.content.find((block) => block.type === 'tool_use');
    assert.deepEqual([use.name, use.input, asked.stop_reason], ['weather', { city: 'Oslo' }, 'tool_use']);
    const answer = await anthropic.messages.create({
      model, max_tokens: 1024, tools: [weather], messages: [
        { role: 'user', content }, { role: 'assistant', content: asked.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: use.id, content: [{ type: 'text', text: 'rain' }, { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } }] }] }],
    });
    assert.ok((await said(answer)).length > 0);
  }),
  case_('a streamed call of a tool', async () => {
    const end = await anthropic.messages.stream({ model, max_tokens: 1024, tools: [weather], messages: [{ role: 'user', content: callOf('weather', { city: 'Rome' }) }] }).finalMessage();
    assert.deepEqual(end.content.find((block) => block.type === 'tool_use').input, { city: 'Rome' });
  }),
  case_('a forced tool, one call at a time', async () => ask(callOf('weather', { city: 'Oslo' }), { tools: [{ ...weather, strict: true }], tool_choice: { type: 'tool', name: 'weather', disable_parallel_tool_use: true } })),
  case_('a tool of a name of 128 letters', async () => said(ask(words(3), { tools: [{ ...weather, name: 'n'.repeat(128) }] }))),
  case_('what Claude Code says of its tools', async () => said(ask(words(3), {
    tools: [{ ...weather, strict: false, eager_input_streaming: true, defer_loading: false, input_examples: [{ city: 'Oslo' }], cache_control: { type: 'ephemeral' } }],
    metadata: { user_id: '{"device_id":"x"}' }, context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] } }))),
  case_('thinking in a history', async () => said(anthropic.messages.create({
    model, max_tokens: 64, messages: [
      { role: 'user', content: 'a' }, { role: 'assistant', content: [{ type: 'thinking', thinking: 't', signature: 's' }, { type: 'text', text: 'b' }] }, { role: 'user', content: words(3) }] }))),
  {
    // Served on the wire alone.
    ...case_('the beginning of an answer', async () => said(anthropic.messages.create({
      model, max_tokens: 64, messages: [{ role: 'user', content: 'a' }, { role: 'assistant', content: '{' }] }))),
    refusal: /only on the wire can an answer be begun/,
  },
  case_('count_tokens', async () => assert.ok((await anthropic.messages.countTokens({ model, messages: [{ role: 'user', content: 'hello there' }], tools: [weather] })).input_tokens > 3)),
  case_('models', async () => {
    const names = [];
    for await (const listed of anthropic.models.list()) {
      names.push(listed.id);
    }
    assert.ok(names.some((name) => name.startsWith('claude-')));
    assert.equal((await anthropic.models.retrieve('sonnet')).id, 'sonnet');
  }),
  case_('a fault is the client\'s own exception', async () => fails(
    anthropic.messages.create({ model, max_tokens: 5, messages: [] }), (error) => assert.ok(error instanceof Anthropic.BadRequestError))),
];
