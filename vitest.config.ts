import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [
      'test/versions/**',
      '**/node_modules/**',
      // `npm run test:beside`
      ...(process.env.TEST_BESIDE === '1' ? [] : ['test/beside/real/**']),
    ],
    // The agent patches process-wide state: a forked process for each file keeps the files apart.
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
