import { defineConfig, globalIgnores } from 'eslint/config'
import svelte from 'eslint-plugin-svelte'
import tseslint from 'typescript-eslint'
import svelteConfig from './svelte.config.js'

/** Types are judged by tsc and svelte-check, format by prettier; here stands what neither of them sees. */
export default defineConfig(
  globalIgnores([
    'build/',
    '.svelte-kit/',
    'node_modules/',
    'data/',
    'coverage/',
    'test-results/',
    'static/',
    'scripts/**/*.mjs',
    'src/service-worker.ts',
  ]),
  {
    files: ['**/*.ts', '**/*.svelte'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, extraFileExtensions: ['.svelte'] } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'max-lines': ['warn', { max: 300 }],
      'no-empty': ['error', { allowEmptyCatch: false }],
      eqeqeq: 'error',
      'no-console': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      // Short arrows may answer with what they call.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // Commands and lists share one shape; some of them have nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      // Data of doors and drivers is looked at with care even where a type promises more.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/no-dynamic-delete': 'off',
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    extends: [svelte.configs.recommended],
    languageOptions: { parserOptions: { parser: tseslint.parser, svelteConfig, extraFileExtensions: ['.svelte'] } },
    rules: {
      // One address space without a base path: links are written as they are seen.
      'svelte/no-navigation-without-resolve': 'off',
      'svelte/prefer-svelte-reactivity': 'off',
      // Reading a value only to follow it is what an effect is for.
      'no-unused-expressions': 'off',
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      'prefer-const': 'off',
    },
  },
  // svelte-check knows the types of components; asking for them once more here would take four times as long.
  { files: ['**/*.svelte'], extends: [tseslint.configs.disableTypeChecked] },
  // A catalogue is a list of sentences in two languages.
  { files: ['**/*texts.ts'], rules: { 'max-lines': 'off' } },
  { files: ['scripts/**', 'tests/**', 'server/cli/**', 'server/cli.ts', 'agent/**'], rules: { 'no-console': 'off' } },
  {
    files: ['**/*.test.ts', 'tests/**/*.ts', 'server/fleet/provider-contract.ts'],
    rules: {
      'max-lines': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
    },
  },
)
