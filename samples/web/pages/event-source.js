// No library: a turn is begun, and its events are followed by the browser's own EventSource, which comes back with the last one's id by itself.
import { call, gateway, messagesOf, openThread } from './thread.js';

const thread = await openThread();
const [root, form, state] = [document.getElementById('root'), document.querySelector('form'), document.querySelector('output')];
const line = (role, text) => {
  const added = document.createElement('p');
  added.className = role;
  added.textContent = text;
  root.append(added);
  return added;
};

function follow(turn, answer) {
  state.textContent = 'running';
  const events = new EventSource(`${gateway}/api/threads/${thread}/turns/${turn}/events`);
  events.addEventListener('text.delta', (event) => { answer.textContent += JSON.parse(event.data).text; });
  events.addEventListener('text.reset', () => { answer.textContent = ''; });
  for (const end of ['turn.completed', 'turn.cancelled', 'turn.failed']) {
    events.addEventListener(end, (event) => {
      events.close();
      state.textContent = end === 'turn.failed' ? JSON.parse(event.data).problem.detail : 'ready';
    });
  }
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const text = form.message.value;
  form.reset();
  line('user', text);
  const begun = new AbortController();
  const response = await call(`/api/threads/${thread}/turns`, { method: 'POST', body: JSON.stringify({ text }), signal: begun.signal });
  // The turn is the server's: leaving this stream changes nothing about it.
  begun.abort();
  follow(response.headers.get('x-pilotlight-turn'), line('assistant', ''));
});

const told = await messagesOf(thread);
told.forEach((message) => line(message.role, message.text));
state.textContent = 'ready';
if (told.at(-1)?.role === 'user') {
  follow(told.at(-1).turnId, line('assistant', ''));
}
