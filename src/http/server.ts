import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import Fastify, { LogController } from 'fastify';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { guard, requiredAccess } from './access.ts';
import type { Access } from './access.ts';
import type { ApiScope } from './api-scope.ts';
import { createClientAddress } from './client-address.ts';
import { dashboardFiles } from './dashboard-files.ts';
import type { HttpDeps } from './deps.ts';
import { answerBrokenRequest, handleError } from './errors.ts';
import { takeHitsFirst } from './event-door.ts';
import { accountRoutes } from './routes/account.ts';
import { createHitLimit } from './hit-limit.ts';
import { collectRoutes } from './routes/collect.ts';
import { coverageRoutes } from './routes/coverage.ts';
import { doctorRoutes } from './routes/doctor.ts';
import { healthRoutes } from './routes/health.ts';
import { historyRoutes } from './routes/history.ts';
import { identityRoutes } from './routes/identity.ts';
import { keyRoutes } from './routes/keys.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { oauthRoutes } from './routes/oauth.ts';
import { outsidePaymentRoutes } from './routes/outside-payments.ts';
import { pixelRoutes } from './routes/pixel.ts';
import { ratesRoutes } from './routes/rates.ts';
import { reportRoutes } from './routes/reports.ts';
import { runRoutes } from './routes/runs.ts';
import { siteRoutes } from './routes/sites.ts';
import { journeyRoutes } from './routes/journeys.ts';
import { visitorRoutes } from './routes/visitors.ts';
import { spendRoutes } from './routes/spend.ts';
import { stripeRoutes } from './routes/stripe.ts';
import { subscriptionRoutes } from './routes/subscriptions.ts';
import { webhookRoutes } from './routes/webhooks.ts';

/** One route and who may call it. */
export interface RouteRow {
  method: string;
  url: string;
  access: Access;
}

declare module 'fastify' {
  interface FastifyInstance {
    routeTable: RouteRow[];
  }
}

const API_BODY_BYTES = 65_536;
const REQUEST_TIMEOUT_MS = 30_000;

/**
 * All of HTTP. Four scopes that share nothing but the error form: what strangers' pages may call (collect, pixel), what
 * Stripe calls (raw bodies), the API (guarded by each route's `access`), and pages and probes.
 */
export function createServer(deps: HttpDeps): FastifyInstance {
  const address = createClientAddress(deps.trustedProxies);
  const limit = createHitLimit(deps);
  const server = Fastify({
    loggerInstance: deps.log,
    logController: new LogController({ disableRequestLogging: true }),
    // A logger per request costs the hot path more than it tells: error lines carry the request's id themselves.
    childLoggerFactory: (logger) => logger,
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, request, reply) => void handleError(error, request, reply),
    trustProxy: address.isTrusted,
    bodyLimit: API_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    routerOptions: { maxParamLength: 300 },
  });
  // What the tenant matrix of the tests is made from.
  const routeTable: RouteRow[] = [];
  server.decorate('routeTable', routeTable);
  server.addHook('onRoute', (route) => {
    const access = requiredAccess(route);
    for (const method of [route.method].flat()) routeTable.push({ method, url: route.url, access });
  });
  server.setErrorHandler(handleError);
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);

  server.register(async (scope) => collectRoutes(scope, deps, { limit, address }));
  server.register(async (scope) => pixelRoutes(scope, deps));
  server.register(async (scope) => webhookRoutes(scope, deps));
  server.register(async (scope) => {
    await scope.register(helmet, securityHeaders(deps.publicUrl));
    await scope.register(swagger, openApi(deps.publicUrl));
    await scope.register(async (api) => apiRoutes(api, deps), { prefix: '/api/v1' });
    const options = { config: { access: 'public' as const }, schema: { hide: true } };
    scope.get('/api/openapi.json', options, () => scope.swagger());
    healthRoutes(scope, deps);
    metricsRoutes(scope, deps);
    dashboardFiles(scope, deps);
  });
  takeHitsFirst(server.server, deps, { limit, address });
  return server;
}

function apiRoutes(scope: FastifyInstance, deps: HttpDeps): void {
  guard(scope, deps);
  scope.addHook('onRequest', async (_request, reply) => void reply.header('cache-control', 'no-store'));
  const api: ApiScope = scope.withTypeProvider<ZodTypeProvider>();
  accountRoutes(api, deps);
  siteRoutes(api, deps);
  keyRoutes(api, deps);
  stripeRoutes(api, deps);
  oauthRoutes(api, deps);
  doctorRoutes(api, deps);
  historyRoutes(api, deps);
  reportRoutes(api, deps);
  outsidePaymentRoutes(api, deps);
  identityRoutes(api, deps);
  coverageRoutes(api, deps);
  runRoutes(api, deps);
  subscriptionRoutes(api, deps);
  ratesRoutes(api, deps);
  spendRoutes(api, deps);
  journeyRoutes(api, deps);
  visitorRoutes(api, deps);
}

function securityHeaders(publicUrl: string) {
  const https = publicUrl.startsWith('https:');
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        // On plain http these would make the browser ask for an https that is not there.
        ...(https ? { upgradeInsecureRequests: [] } : {}),
      },
    },
    hsts: https ? { maxAge: 31_536_000, includeSubDomains: false } : false,
    referrerPolicy: { policy: 'same-origin' as const },
    frameguard: { action: 'deny' as const },
    crossOriginOpenerPolicy: https,
    originAgentCluster: https,
  };
}

function openApi(publicUrl: string) {
  return {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Headwater', version: '1', description: 'Where revenue comes from. Amounts are in minor units.' },
      servers: [{ url: publicUrl }],
      components: { securitySchemes: { key: { type: 'http' as const, scheme: 'bearer' } } },
      security: [{ key: [] }],
    },
    transform: jsonSchemaTransform,
  };
}
