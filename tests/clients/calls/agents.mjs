import { Agent, OpenAIChatCompletionsModel, run, setTracingDisabled, tool } from '@openai/agents';
import OpenAI from 'openai';
import { z } from 'zod';
import { assert, callOf, gateway, key, model, words } from './common.mjs';

setTracingDisabled(true);
const chat = new OpenAIChatCompletionsModel(new OpenAI({ baseURL: `${gateway}/v1`, apiKey: key, maxRetries: 0 }), model);
const case_ = (call, runIt) => ({ client: '@openai/agents 0.20, chat completions', call, run: runIt });

export const calls = [
  case_('an agent answers', async () => assert.match((await run(new Agent({ name: 'a', instructions: 'Be brief.', model: chat }), words(12))).finalOutput, /word12$/)),
  case_('an agent streams', async () => {
    const result = await run(new Agent({ name: 'a', instructions: 'Be brief.', model: chat }), words(12), { stream: true });
    await result.completed;
    assert.match(result.finalOutput, /word12$/);
  }),
  case_('an agent uses a tool', async () => {
    let asked = null;
    const weather = tool({ name: 'weather', description: 'How it is.', parameters: z.object({ city: z.string() }), execute: async ({ city }) => { asked = city; return 'rain'; } });
    const result = await run(new Agent({ name: 'a', instructions: 'Be brief.', model: chat, tools: [weather] }), callOf('weather', { city: 'Oslo' }));
    assert.equal(asked, 'Oslo');
    assert.ok(result.finalOutput.length > 0);
  }),
];
