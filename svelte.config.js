import adapter from '@sveltejs/adapter-static'
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte'

/** The app is a client of the API like any other, so it is built to static files that the server hands out. */
export default {
  preprocess: vitePreprocess(),
  kit: {
    adapter: adapter({ pages: 'build', assets: 'build', fallback: 'index.html', precompress: true }),
    alias: { $lib: 'src/lib' },
    csp: { mode: 'hash', directives: { 'script-src': ['self'] } },
    serviceWorker: { register: false },
  },
}
