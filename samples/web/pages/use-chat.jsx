import { createRoot } from 'react-dom/client';
import { useState } from 'react';
import { useChat } from '@ai-sdk/react';
import { DefaultChatTransport } from 'ai';
import { gateway, messagesOf, openThread } from './thread.js';

const thread = await openThread();
const api = `${gateway}/api/threads/${thread}/ui`;
const transport = new DefaultChatTransport({
  api,
  prepareReconnectToStreamRequest: () => ({ api }),
  // The thread holds what was said before.
  prepareSendMessagesRequest: ({ messages, trigger, id }) => ({ body: { id, trigger, messages: messages.slice(-1) } }),
});
const told = (await messagesOf(thread)).map(({ id, role, text }) => ({ id, role, parts: [{ type: 'text', text }] }));

function Chat() {
  // An answer that runs is joined where the page was closed over it.
  const { messages, sendMessage, status, error, stop } = useChat({ id: thread, messages: told, transport, resume: true });
  const [text, setText] = useState('');
  return (
    <main>
      {messages.map((message) => (
        <p key={message.id} className={message.role}>{message.parts.filter((part) => part.type === 'text').map((part) => part.text).join('')}</p>
      ))}
      <form onSubmit={(event) => { event.preventDefault(); sendMessage({ text }); setText(''); }}>
        <input aria-label="Message" value={text} onChange={(event) => setText(event.target.value)} />
        <button type="button" onClick={stop}>Stop</button>
      </form>
      <output>{error ? error.message : status}</output>
    </main>
  );
}

createRoot(document.getElementById('root')).render(<Chat />);
