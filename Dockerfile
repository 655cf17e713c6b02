# Sotto in a container: compiled sources, production packages only, a user of its own, nothing to write to but one volume.
FROM node:26-bookworm-slim AS build
WORKDIR /sotto
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
COPY pages ./pages
COPY scripts/build-pages.mjs ./scripts/
RUN npx tsc -p tsconfig.build.json && node scripts/build-pages.mjs --required && npm prune --omit=dev --ignore-scripts

# The addon that receives and sends RTP in batches, made for the very system that it will run on.
FROM build AS addon
RUN apt-get update && apt-get install -y --no-install-recommends g++
COPY native ./native
COPY scripts/build-native.mjs ./scripts/
RUN node scripts/build-native.mjs --required

FROM node:26-bookworm-slim
ENV NODE_ENV=production SOTTO_CONFIG=/etc/sotto/sotto.yaml
ENV SOTTO_AUDIT_FOLDER=/var/lib/sotto/audit SOTTO_HISTORY_FILE=/var/lib/sotto/history/calls.sqlite
ENV SOTTO_DIRECTORY_FILE=/var/lib/sotto/directory/directory.sqlite SOTTO_RECORDING_FOLDER=/var/lib/sotto/recordings
ENV SOTTO_PEOPLE_KEY_FILE=/var/lib/sotto/people/sealing.key SOTTO_PEOPLE_ACCESS_LOG_FOLDER=/var/lib/sotto/access
WORKDIR /sotto
COPY --from=build /sotto/node_modules ./node_modules
COPY --from=build /sotto/dist ./dist
COPY --from=build /sotto/pages/built ./pages/built
COPY --from=addon /sotto/native/udp-batch/udp-batch.node ./native/udp-batch/
COPY package.json ./
COPY flows ./flows
COPY media ./media
COPY prompts ./prompts
RUN install -d -o node -g node -m 700 /var/lib/sotto
VOLUME /var/lib/sotto
USER node
# RTP has thousands of ports beside these, which is why docker-compose.yml takes the network of the host.
EXPOSE 5060/udp 5060/tcp 8080/tcp
# Who restarts what is unhealthy would cut calls: that it answers is enough, be it while it drains or waits for a vault (docs/OPERATION.md).
HEALTHCHECK --interval=30s --timeout=20s --start-period=60s --retries=3 CMD ["node", "dist/cli.js", "health", "--live"]
ENTRYPOINT ["node", "dist/cli.js"]
CMD ["start", "--config", "/etc/sotto/sotto.yaml"]
