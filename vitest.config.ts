import { defineConfig } from 'vitest/config'
import { svelteTesting } from '@testing-library/svelte/vite'
import { sveltekit } from '@sveltejs/kit/vite'

const stores = { globalSetup: ['tests/support/global-stores.ts'], testTimeout: 30_000, hookTimeout: 60_000 }

export default defineConfig({
  test: {
    // Mostly waiting for real processes: both cores of a small machine, not all but one.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['server/**/*.test.ts', 'workers/**/*.test.ts', 'agent/**/*.test.ts'],
          ...stores,
        },
      },
      {
        plugins: [sveltekit(), svelteTesting()],
        test: { name: 'web', include: ['src/**/*.test.ts'], environment: 'jsdom' },
      },
      {
        test: {
          name: 'sync',
          include: ['tests/sync/**/*.test.ts', 'tests/architecture/**/*.test.ts'],
          ...stores,
          testTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'journeys',
          include: ['tests/journeys/**/*.test.ts', 'tests/faults/**/*.test.ts'],
          ...stores,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['tests/browser/**/*.test.ts'],
          ...stores,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
