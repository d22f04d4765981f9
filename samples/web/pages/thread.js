// What the pages share: where the gateway is (?gateway=…), and the thread, which is kept in the page's address so that a reload finds it.
const address = new URL(location.href);
export const gateway = (address.searchParams.get('gateway') ?? 'http://127.0.0.1:5160').replace(/\/$/, '');

export async function call(path, init) {
  const response = await fetch(gateway + path, { ...init, headers: { 'content-type': 'application/json', ...init?.headers } });
  if (!response.ok) {
    throw new Error((await response.json()).detail);
  }

  return response;
}

export async function openThread() {
  if (!location.hash) {
    const thread = await (await call('/api/threads', { method: 'POST', body: '{}' })).json();
    history.replaceState(null, '', '#' + thread.id);
  }

  return location.hash.slice(1);
}

export const messagesOf = async (thread) => (await (await call(`/api/threads/${thread}/messages`)).json()).items;
