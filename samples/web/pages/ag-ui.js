import { HttpAgent } from '@ag-ui/client';
import { gateway, messagesOf, openThread } from './thread.js';

const thread = await openThread();
const agent = new HttpAgent({ url: `${gateway}/api/threads/${thread}/agui`, threadId: thread });
agent.messages = (await messagesOf(thread)).map(({ id, role, text }) => ({ id, role, content: text }));

const [root, form, state] = [document.getElementById('root'), document.querySelector('form'), document.querySelector('output')];
const show = () => root.replaceChildren(...agent.messages.map((message) => {
  const line = document.createElement('p');
  line.className = message.role;
  line.textContent = message.content;
  return line;
}));

// The same run again joins or replays it: a page that was closed over an answer goes on with it.
async function run(runId) {
  sessionStorage.setItem(thread, runId);
  state.textContent = 'running';
  try {
    await agent.runAgent({ runId }, { onMessagesChanged: show, onTextMessageContentEvent: show });
    state.textContent = 'ready';
  } catch (fault) {
    state.textContent = fault.message;
  }

  show();
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  agent.addMessage({ id: crypto.randomUUID(), role: 'user', content: form.message.value });
  form.reset();
  show();
  run(crypto.randomUUID());
});
show();
const running = sessionStorage.getItem(thread);
if (agent.messages.at(-1)?.role === 'user' && running) {
  run(running);
} else {
  state.textContent = 'ready';
}
