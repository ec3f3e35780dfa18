# One image for all four services. It keeps the workspace's layout, because Node strips types from files outside node_modules only.
ARG NODE_IMAGE=node:24-trixie-slim
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /waymark
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml .pnpmfile.mjs ./
COPY packages/context/package.json packages/context/
COPY packages/contracts/package.json packages/contracts/
COPY packages/faults/package.json packages/faults/
COPY packages/jobs/package.json packages/jobs/
COPY packages/page-kit/package.json packages/page-kit/
COPY packages/semantic-conventions/package.json packages/semantic-conventions/
COPY packages/service-kit/package.json packages/service-kit/
COPY packages/tracing/package.json packages/tracing/
COPY services/auth/package.json services/auth/
COPY services/gateway/package.json services/gateway/
COPY services/inventory/package.json services/inventory/
COPY services/order/package.json services/order/
# tracing takes undici from the program that uses it, as a peer dependency: here from the root of the workspace.
RUN npx -y pnpm@12 install --prod --frozen-lockfile --public-hoist-pattern=undici --filter '{services/*}...'

FROM ${NODE_IMAGE}
WORKDIR /waymark
# V8 does not know the container's limit: by itself it lets garbage pile up beyond 144 MiB, and the kernel kills the process under load.
ENV NODE_ENV=production HOST=0.0.0.0 NODE_OPTIONS="--max-old-space-size-percentage=55 --max-semi-space-size=4"
COPY --from=dependencies /waymark ./
COPY deploy/compose/ready /usr/local/bin/ready
COPY packages/context/src packages/context/src
COPY packages/contracts/src packages/contracts/src
COPY packages/faults/src packages/faults/src
COPY packages/jobs/migrations packages/jobs/migrations
COPY packages/jobs/src packages/jobs/src
COPY packages/page-kit/browser packages/page-kit/browser
COPY packages/page-kit/src packages/page-kit/src
COPY packages/semantic-conventions/src packages/semantic-conventions/src
COPY packages/service-kit/src packages/service-kit/src
COPY packages/tracing/src packages/tracing/src
COPY services services
USER node
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "--import", "@waymark/tracing/register", "src/main.ts"]
