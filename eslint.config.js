import svelte from 'eslint-plugin-svelte'
import ts from 'typescript-eslint'

/** Types are the first judge; these rules catch what they let through. */
export default ts.config(
  { ignores: ['build/', '.svelte-kit/', 'node_modules/', 'data/', 'static/', 'coverage/', 'test-results/'] },
  ...ts.configs.recommended,
  ...svelte.configs.recommended,
  {
    languageOptions: {
      parserOptions: { projectService: { allowDefaultProject: ['*.js', '*.cjs'] }, extraFileExtensions: ['.svelte'] },
    },
    rules: {
      eqeqeq: 'error',
      'svelte/no-navigation-without-resolve': 'off', // the app has no base path, and its links are plain addresses
      'no-empty': ['error', { allowEmptyCatch: false }],
      'no-throw-literal': 'error',
      'no-undef': 'off', // TypeScript knows
      'prefer-const': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
    },
  },
  {
    files: ['**/*.ts', '**/*.svelte.ts', 'scripts/**/*.mjs'],
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': [
        'error',
        { checksVoidReturn: { arguments: false, attributes: false, properties: false } },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser } },
    rules: {
      'prefer-const': 'off', // $props() are taken apart with let
      'svelte/prefer-const': 'error',
      'svelte/prefer-svelte-reactivity': 'off', // plain collections are meant where they are used
      'svelte/no-unused-svelte-ignore': 'off', // judged by the compiler's warnings alone; svelte-check has more
    },
  },
)
