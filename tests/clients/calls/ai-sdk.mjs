import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateObject, generateText, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';
import { assert, callOf, gateway, key, model, object, png, words } from './common.mjs';

const providers = {
  'openai (chat)': createOpenAI({ baseURL: `${gateway}/v1`, apiKey: key }).chat(model),
  anthropic: createAnthropic({ baseURL: `${gateway}/v1`, apiKey: key })(model),
  'openai-compatible': createOpenAICompatible({ name: 'pilotlight', baseURL: `${gateway}/v1`, apiKey: key, supportsStructuredOutputs: true, includeUsage: true })(model),
};

export const calls = Object.entries(providers).flatMap(([name, languageModel]) => {
  const base = { model: languageModel, maxRetries: 0 };
  const case_ = (call, run) => ({ client: `ai 6, ${name}`, call, run });
  return [
    case_('generateText', async () => assert.match((await generateText({ ...base, system: 'Be brief.', prompt: words(12), temperature: 0.3, maxOutputTokens: 512, stopSequences: ['END'] })).text, /word12$/)),
    case_('streamText', async () => {
      const result = streamText({ ...base, prompt: words(20) });
      assert.match(await result.text, /word20$/);
      assert.equal(await result.finishReason, 'stop');
      assert.ok((await result.usage).outputTokens > 0);
    }),
    case_('tools in a loop', async () => {
      let asked = null;
      const weather = tool({ description: 'How it is.', inputSchema: z.object({ city: z.string() }), execute: async ({ city }) => { asked = city; return { sky: 'rain' }; } });
      const result = await generateText({ ...base, prompt: callOf('weather', { city: 'Oslo' }), tools: { weather }, stopWhen: stepCountIs(3) });
      assert.equal(asked, 'Oslo');
      assert.ok(result.text.length > 0);
    }),
    case_('a picture', async () => generateText({ ...base, messages: [{ role: 'user', content: [{ type: 'text', text: words(3) }, { type: 'image', image: png, mediaType: 'image/png' }] }] })),
    case_('generateObject', async () => assert.deepEqual(
      (await generateObject({ ...base, schema: z.object({ city: z.string() }), prompt: name === 'anthropic' ? callOf('json', { city: 'Oslo' }) : object({ city: 'Oslo' }) })).object, { city: 'Oslo' })),
  ];
});
