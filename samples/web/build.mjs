// Bundles the three pages into dist, each with all it needs: nothing is fetched from elsewhere.
import { cpSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

rmSync('dist', { recursive: true, force: true });
await build({
  entryPoints: ['pages/use-chat.jsx', 'pages/ag-ui.js', 'pages/event-source.js'],
  outdir: 'dist', bundle: true, format: 'esm', target: 'es2022', minify: true, jsx: 'automatic', define: { 'process.env.NODE_ENV': '"production"' },
});
for (const page of ['use-chat', 'ag-ui', 'event-source']) {
  cpSync(`pages/${page}.html`, `dist/${page}.html`);
}
