// Serves dist on this machine: node serve.mjs [PORT]
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';

const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript' };
const dist = join(import.meta.dirname, 'dist');
const server = createServer(async (request, response) => {
  const file = join(dist, normalize(new URL(request.url, 'http://localhost').pathname));
  try {
    const content = await readFile(file.startsWith(dist) ? file : '');
    response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' }).end(content);
  } catch {
    response.writeHead(404).end('There is no such page: use-chat.html, ag-ui.html, event-source.html.');
  }
});
server.listen(Number(process.argv[2] ?? 5170), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
