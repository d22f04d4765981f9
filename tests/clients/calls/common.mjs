import assert from 'node:assert/strict';

export { assert };
export const gateway = process.env.GATEWAY ?? 'http://127.0.0.1:5160';
export const key = process.env.KEY ?? 'pl_none';
export const model = 'sonnet';

// What the simulated model is told to do. Through the CLI a function's name is what the CLI makes of it, and an object is a call of its own tool.
export const isDirect = process.env.ROUTE === 'direct';
export const prefix = isDirect ? '' : 'mcp__functions__';
export const words = (count) => `[[sim words=${count}]] ${Math.random()}`;
export const callOf = (tool, input) => `How is it? ${Math.random()} [[sim tool=${prefix}${tool} input=${JSON.stringify(input)}]]`;
export const object = (input) => `Where? ${Math.random()} [[sim ${isDirect ? 'text=' : 'tool=StructuredOutput input='}${JSON.stringify(input)}]]`;
export const place = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false };
export const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
export const pdf = Buffer.from('%PDF-1.7\nnothing').toString('base64');

// What the simulator answers next, whatever it is asked: for calls of several turns.
export async function enqueue(...scenarios) {
  const answer = await fetch(`${process.env.SIMULATOR}/_simulator/scenarios`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(scenarios),
  });
  assert.equal(answer.status, 204, await answer.text());
}

export async function fails(promise, check) {
  try {
    await promise;
  } catch (error) {
    return check(error);
  }

  assert.fail('It was served.');
}
