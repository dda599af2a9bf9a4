import { sveltekit } from '@sveltejs/kit/vite'
import { defineConfig } from 'vite'

/** What many pages share goes into a few chunks: split by exactly who needs what, a first page is sixty small ones. */
const shared = [
  { name: 'icons', test: /@lucide/, minShareCount: 2 },
  { name: 'parts', test: /src\/lib\/(ui|i18n|sync)\//, minShareCount: 4 },
]

const api = process.env['DEV_API'] ?? 'http://127.0.0.1:3000'

/** Of the rooms, what only other pages share is not the first page's burden. */
const common = /src\/lib\/(?!lists\/|features\/(?!alarms\/))|server\/(?!features\/(?!alarms\/))|node_modules/

/**
 * What the first page needs comes in four files instead of sixty: fewer requests, and they compress better. What other
 * pages need too is apart from what only the desk does.
 */
const firstPage = [
  { name: 'console', test: /src\/lib\/console\/Shell\.svelte$/, priority: 4 },
  { name: 'common', test: common, minShareCount: 4, priority: 3 },
  { name: 'list', test: /features\/alarms\/desk\.svelte\.ts$|lists\/gate-texts\.ts$/, priority: 2 },
  { name: 'alarms', test: /src\/lib\/features\/alarms\/AlarmsPage\.svelte$/, priority: 1 },
]

export default defineConfig({
  plugins: [sveltekit()],
  build: { rolldownOptions: { output: { codeSplitting: { groups: shared } } } },
  // SvelteKit's build step brings a cookie package of its own version; left external it would find the server's.
  environments: { client: { build: { rolldownOptions: { output: { codeSplitting: { groups: firstPage } } } } } },
  ssr: { noExternal: ['cookie'] },
  server: {
    fs: { allow: ['src', 'static', 'node_modules', '.svelte-kit', 'server/features', 'server/core/wire.ts'] },
    proxy: { '/api': api, '/healthz': api, '/readyz': api, '/socket.io': { target: api, ws: true } },
  },
})
