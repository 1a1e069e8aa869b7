/**
 * With what Node runs our processes. The part of the heap for what lives briefly has 16 MiB and more unless it is told
 * otherwise, three times; a burst of calls fills it, and it is kept. With half of that the API stays smaller; with a
 * quarter, a sixth of its time goes into clearing it while a thousand requests are under way.
 * `package.json`, `Dockerfile` and `docker-compose.yml` say the same; a test holds them together.
 */
export const NODE_FLAGS = ['--max-semi-space-size=8'];
