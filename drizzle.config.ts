import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  casing: 'snake_case',
  schema: ['./src/db/{schema,hubspotSchema}.ts', './src/db/{throttle,outbox}/schema.ts'],
  out: './migrations',
});
