import { ChatAnthropic } from '@langchain/anthropic';
import { HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { z } from 'zod';
import { assert, callOf, gateway, key, model, png, words } from './common.mjs';

const models = {
  'openai 1': new ChatOpenAI({ model, apiKey: key, maxRetries: 0, temperature: 0.2, configuration: { baseURL: `${gateway}/v1` } }),
  'anthropic 1': new ChatAnthropic({ model, apiKey: key, maxRetries: 0, maxTokens: 1024, temperature: 0.2, anthropicApiUrl: gateway }),
};
const weather = tool(async ({ city }) => `rain in ${city}`, { name: 'weather', description: 'How it is.', schema: z.object({ city: z.string() }) });

export const calls = Object.entries(models).flatMap(([name, chat]) => {
  const case_ = (call, run) => ({ client: `@langchain/${name}`, call, run });
  return [
    case_('invoke', async () => assert.match((await chat.invoke([new SystemMessage('Be brief.'), new HumanMessage(words(12))])).text, /word12$/)),
    case_('stream', async () => {
      let text = '';
      for await (const chunk of await chat.stream(words(20))) {
        text += chunk.text;
      }
      assert.match(text, /word20$/);
    }),
    case_('a bound tool and its result', async () => {
      const bound = chat.bindTools([weather]);
      const question = new HumanMessage(callOf('weather', { city: 'Oslo' }));
      const asked = await bound.invoke([question]);
      assert.deepEqual(asked.tool_calls[0].args, { city: 'Oslo' });
      const answer = await bound.invoke([question, asked, new ToolMessage({ content: await weather.invoke(asked.tool_calls[0].args), tool_call_id: asked.tool_calls[0].id })]);
      assert.ok(answer.text.length > 0);
    }),
    case_('a picture', async () => chat.invoke([new HumanMessage({ content: [{ type: 'text', text: words(3) }, { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } }] })])),
    case_('a structured answer by a forced function', async () => {
      const structured = chat.withStructuredOutput(z.object({ city: z.string() }), { name: 'place', method: 'functionCalling' });
      assert.deepEqual(await structured.invoke(callOf('place', { city: 'Oslo' })), { city: 'Oslo' });
    }),
  ];
});
