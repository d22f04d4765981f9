import OpenAI from 'openai';
import { assert, callOf, fails, gateway, key, model, object, pdf, place, png, words } from './common.mjs';

const openai = new OpenAI({ baseURL: `${gateway}/v1`, apiKey: key, maxRetries: 0 });
const ask = (content, more = {}) => openai.chat.completions.create({ model, messages: [{ role: 'user', content }], ...more });
const weather = { type: 'function', function: { name: 'weather', description: 'How it is.', parameters: place } };
const said = async (answer) => (await answer).choices[0].message.content;
const case_ = (call, run) => ({ client: 'openai 6', call, run });

export const calls = [
  case_('an answer', async () => assert.match(await said(ask(words(12))), /word12$/)),
  case_('a stream with its usage', async () => {
    let text = '', usage = null, end = null;
    for await (const chunk of await ask(words(30), { stream: true, stream_options: { include_usage: true } })) {
      text += chunk.choices[0]?.delta?.content ?? '';
      end ??= chunk.choices[0]?.finish_reason;
      usage = chunk.usage ?? usage;
    }
    assert.match(text, /word30$/);
    assert.equal(end, 'stop');
    assert.ok(usage.completion_tokens > 0);
  }),
  case_('the stream helper', async () => assert.match(await openai.chat.completions.stream({ model, messages: [{ role: 'user', content: words(9) }] }).finalContent(), /word9$/)),
  case_('temperature, top_p, stop, seed, penalties', async () => said(ask(words(3), { temperature: 0.2, top_p: 0.9, stop: ['\n\n'], seed: 1, presence_penalty: 0.5, logit_bias: { 50256: -100 } }))),
  case_('max_completion_tokens', async () => assert.equal((await ask(words(500), { max_completion_tokens: 10 })).choices[0].finish_reason, 'length')),
  case_('system and developer messages, also in the middle', async () => said(openai.chat.completions.create({
    model, messages: [
      { role: 'system', content: 'Be brief.' }, { role: 'user', content: 'a', name: 'ada' }, { role: 'assistant', content: 'b' },
      { role: 'developer', content: 'In verse.' }, { role: 'user', content: words(3) }],
  }))),
  case_('a picture as a data URL', async () => said(ask([{ type: 'text', text: words(3) }, { type: 'image_url', image_url: { url: `data:image/png;base64,${png}`, detail: 'low' } }]))),
  case_('a picture by its address', async () => said(ask([{ type: 'text', text: words(3) }, { type: 'image_url', image_url: { url: 'https://pictures.example/a.png' } }]))),
  case_('a file', async () => said(ask([{ type: 'text', text: words(3) }, { type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${pdf}` } }]))),
  case_('functions in a loop (runTools)', async () => {
    let asked = null;
    const runner = openai.chat.completions.runTools({
      model, messages: [{ role: 'user', content: callOf('weather', { city: 'Oslo' }) }],
      tools: [{ ...weather, function: { ...weather.function, parse: JSON.parse, function: (args) => { asked = args.city; return 'rain'; } } }],
    });
    assert.ok((await runner.finalContent()).length > 0);
    assert.equal(asked, 'Oslo');
  }),
  case_('a streamed call of a function', async () => {
    let name = '', args = '';
    for await (const chunk of await ask(callOf('weather', { city: 'Rome' }), { tools: [weather], stream: true })) {
      const call = chunk.choices[0]?.delta?.tool_calls?.[0];
      name += call?.function?.name ?? '';
      args += call?.function?.arguments ?? '';
    }
    assert.equal(name, 'weather');
    assert.deepEqual(JSON.parse(args), { city: 'Rome' });
  }),
  case_('a forced, strict function, one call at a time', async () => {
    const answer = await ask(callOf('weather', { city: 'Oslo' }), {
      tools: [{ ...weather, function: { ...weather.function, strict: true } }], tool_choice: { type: 'function', function: { name: 'weather' } }, parallel_tool_calls: false });
    assert.equal(answer.choices[0].message.tool_calls.length, 1);
  }),
  case_('a function without parameters', async () => said(ask(words(3), { tools: [{ type: 'function', function: { name: 'now', parameters: {} } }] }))),
  case_('an answer by JSON schema (parse)', async () => assert.deepEqual(
    (await openai.chat.completions.parse({
      model, messages: [{ role: 'user', content: object({ city: 'Oslo' }) }], response_format: { type: 'json_schema', json_schema: { name: 'place', schema: place, strict: true } },
    })).choices[0].message.parsed, { city: 'Oslo' })),
  case_('a JSON object', async () => JSON.parse(await said(ask(object({ any: 'thing' }), { response_format: { type: 'json_object' } })))),
  case_('reasoning_effort, verbosity, service_tier, user, metadata', async () => said(ask(words(3), {
    reasoning_effort: 'high', verbosity: 'low', service_tier: 'default', user: 'ada', safety_identifier: 'x', metadata: { a: 'b' }, store: false, prompt_cache_key: 'k' }))),
  case_('half of a character in a history', async () => said(openai.chat.completions.create({
    model, messages: [{ role: 'user', content: 'cut \ud83d' }, { role: 'assistant', content: 'ok \ude00' }, { role: 'user', content: words(3) }] }))),
  case_('n and logprobs are refused with the next step', async () => {
    await fails(ask('hi', { n: 2 }), (error) => assert.match(error.message, /once for each answer/));
    await fails(ask('hi', { logprobs: true }), (error) => assert.equal(error.status, 400));
  }),
  case_('a model that is unknown, a route that is not there', async () => {
    await fails(openai.models.retrieve('none'), (error) => assert.equal(error.status, 404));
    await fails(openai.embeddings.create({ model, input: 'a' }), (error) => assert.equal(error.status, 404));
  }),
  case_('models', async () => {
    const names = [];
    for await (const listed of openai.models.list()) {
      names.push(listed.id);
    }
    assert.ok(names.includes('sonnet') && names.some((name) => name.startsWith('claude-')));
    assert.equal((await openai.models.retrieve(names.at(-1))).id, names.at(-1));
  }),
];
