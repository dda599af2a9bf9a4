/** Who may import whom: docs/architecture.md, section 2. */
const rooms = '^server/features/([^/]+)/'
const shared = '(contract|machine)\\.ts$'

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'the-app-sees-contracts-and-machines-only',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(server|workers|agent|scripts)/', pathNot: [`${rooms}${shared}`, '^server/core/wire\\.ts$'] },
    },
    {
      name: 'contracts-are-pure',
      severity: 'error',
      from: { path: `${rooms}${shared}` },
      to: { pathNot: [`${rooms}${shared}`, '^server/core/wire\\.ts$', '^node_modules/zod/'] },
    },
    {
      name: 'core-knows-no-room',
      severity: 'error',
      from: { path: '^server/core/', pathNot: '\\.test\\.ts$' },
      to: { path: '^server/features/' },
    },
    {
      name: 'fleet-knows-contracts-only',
      severity: 'error',
      from: { path: '^server/fleet/', pathNot: '\\.test\\.ts$' },
      to: { path: '^server/features/', pathNot: `${rooms}contract\\.ts$` },
    },
    {
      name: 'rooms-meet-at-services-and-contracts',
      severity: 'error',
      from: { path: rooms },
      to: { path: rooms, pathNot: ['^server/features/$1/', '^server/features/[^/]+/(service|contract|machine)\\.ts$'] },
    },
    {
      name: 'server-imports-no-app-or-worker',
      severity: 'error',
      from: { path: '^server/' },
      to: { path: '^(src|workers)/' },
    },
    {
      name: 'workers-use-the-doors-of-rooms',
      severity: 'error',
      from: { path: '^workers/' },
      to: { path: rooms, pathNot: '^server/features/[^/]+/(service|jobs|contract|feature|orders/[^/]+)\\.ts$' },
    },
    {
      name: 'nothing-imports-tests',
      severity: 'error',
      from: { pathNot: ['^tests/', '\\.test\\.ts$'] },
      to: { path: ['^tests/', '\\.test\\.ts$'] },
    },
    {
      name: 'only-what-is-installed',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: ['^\\$', '^\\./\\$types', '^virtual:'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(\\.svelte-kit|build)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['svelte', 'import', 'node', 'types', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.svelte'],
    },
  },
}
