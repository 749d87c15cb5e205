import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { HomePage } from './pages/home.tsx';
import { NotFoundPage, PageError } from './pages/not-found.tsx';
import { SiteFrame } from './pages/site-frame.tsx';
import { compareSearch } from './compare-search.ts';
import { journeysSearch } from './journey-search.ts';
import { overviewSearch, parseSearch, paymentsSearch, signInSearch, strictly, stringifySearch } from './search.ts';
import type { Mode } from '../core/payment.ts';

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFoundPage, errorComponent: PageError });

const home = createRoute({ getParentRoute: () => root, path: '/', component: HomePage });
const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  validateSearch: strictly((raw): { token?: string } => (typeof raw.token === 'string' ? { token: raw.token } : {})),
  component: lazyRouteComponent(() => import('./pages/setup.tsx'), 'SetupPage'),
});
const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: strictly(signInSearch),
  component: lazyRouteComponent(() => import('./pages/sign-in.tsx'), 'SignInPage'),
});
const newSite = createRoute({
  getParentRoute: () => root,
  path: '/sites/new',
  component: lazyRouteComponent(() => import('./pages/new-site.tsx'), 'NewSitePage'),
});

const site = createRoute({ getParentRoute: () => root, path: '/sites/$siteId', component: SiteFrame });
const overview = createRoute({
  getParentRoute: () => site,
  path: '/',
  validateSearch: strictly(overviewSearch),
  component: lazyRouteComponent(() => import('./pages/overview.tsx'), 'OverviewPage'),
});
const payments = createRoute({
  getParentRoute: () => site,
  path: '/payments',
  validateSearch: strictly(paymentsSearch),
  component: lazyRouteComponent(() => import('./pages/payments.tsx'), 'PaymentsPage'),
});
const payment = createRoute({
  getParentRoute: () => site,
  path: '/payments/$paymentId',
  validateSearch: strictly((raw): { mode?: Mode } => {
    const { mode } = paymentsSearch(raw);
    return mode ? { mode } : {};
  }),
  component: lazyRouteComponent(() => import('./pages/payment.tsx'), 'PaymentPage'),
});

const subscriptions = createRoute({
  getParentRoute: () => site,
  path: '/subscriptions',
  validateSearch: strictly(overviewSearch),
  component: lazyRouteComponent(() => import('./pages/subscriptions.tsx'), 'SubscriptionsPage'),
});
const subscription = createRoute({
  getParentRoute: () => site,
  path: '/subscriptions/$subscriptionId',
  component: lazyRouteComponent(() => import('./pages/subscription.tsx'), 'SubscriptionPage'),
});

const spend = createRoute({
  getParentRoute: () => site,
  path: '/spend',
  validateSearch: strictly(overviewSearch),
  component: lazyRouteComponent(() => import('./pages/spend.tsx'), 'SpendPage'),
});

const compare = createRoute({
  getParentRoute: () => site,
  path: '/compare',
  validateSearch: strictly(compareSearch),
  component: lazyRouteComponent(() => import('./pages/compare.tsx'), 'ComparePage'),
});

const journeys = createRoute({
  getParentRoute: () => site,
  path: '/journeys',
  validateSearch: strictly(journeysSearch),
  component: lazyRouteComponent(() => import('./pages/journeys.tsx'), 'JourneysPage'),
});
const modeSearch = (raw: Record<string, unknown>): { mode?: Mode } => {
  const { mode } = paymentsSearch(raw);
  return mode ? { mode } : {};
};
const customer = createRoute({
  getParentRoute: () => site,
  path: '/customers/$customerId',
  validateSearch: strictly(modeSearch),
  component: lazyRouteComponent(() => import('./pages/customer.tsx'), 'CustomerPage'),
});
const visitor = createRoute({
  getParentRoute: () => site,
  path: '/visitors/$visitorId',
  validateSearch: strictly(modeSearch),
  component: lazyRouteComponent(() => import('./pages/customer.tsx'), 'VisitorPage'),
});
const people = createRoute({
  getParentRoute: () => site,
  path: '/people',
  validateSearch: strictly((raw): { mode?: Mode; q?: string } => ({
    ...(typeof raw.q === 'string' && raw.q !== '' ? { q: raw.q.slice(0, 320) } : {}),
    ...modeSearch(raw),
  })),
  component: lazyRouteComponent(() => import('./pages/customer.tsx'), 'PeoplePage'),
});

const restatements = createRoute({
  getParentRoute: () => site,
  path: '/restatements',
  validateSearch: strictly(modeSearch),
  component: lazyRouteComponent(() => import('./pages/restatements.tsx'), 'RestatementsPage'),
});
const coverage = createRoute({
  getParentRoute: () => site,
  path: '/coverage',
  validateSearch: strictly(overviewSearch),
  component: lazyRouteComponent(() => import('./pages/coverage.tsx'), 'CoveragePage'),
});

const settings = createRoute({
  getParentRoute: () => site,
  path: '/settings',
  component: lazyRouteComponent(() => import('./pages/settings.tsx'), 'SettingsFrame'),
});
const settingsHome = createRoute({
  getParentRoute: () => settings,
  path: '/',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/sites/$siteId/settings/revenue', params: params as { siteId: string }, replace: true });
  },
});
const settingsSite = createRoute({
  getParentRoute: () => settings,
  path: '/site',
  component: lazyRouteComponent(() => import('./pages/settings-site.tsx'), 'SiteSettingsPage'),
});
const settingsScript = createRoute({
  getParentRoute: () => settings,
  path: '/script',
  component: lazyRouteComponent(() => import('./pages/settings-script.tsx'), 'ScriptPage'),
});
const settingsRevenue = createRoute({
  getParentRoute: () => settings,
  path: '/revenue',
  validateSearch: strictly((raw): { stripe?: string } =>
    typeof raw.stripe === 'string' ? { stripe: raw.stripe.slice(0, 300) } : {},
  ),
  component: lazyRouteComponent(() => import('./pages/settings-revenue.tsx'), 'RevenuePage'),
});
const settingsAttribution = createRoute({
  getParentRoute: () => settings,
  path: '/attribution',
  component: lazyRouteComponent(() => import('./pages/settings-attribution.tsx'), 'AttributionPage'),
});
const settingsHistory = createRoute({
  getParentRoute: () => settings,
  path: '/history',
  component: lazyRouteComponent(() => import('./pages/settings-history.tsx'), 'HistoryPage'),
});
const settingsCheckUp = createRoute({
  getParentRoute: () => settings,
  path: '/check-up',
  component: lazyRouteComponent(() => import('./pages/doctor.tsx'), 'DoctorPage'),
});
const settingsKeys = createRoute({
  getParentRoute: () => settings,
  path: '/keys',
  component: lazyRouteComponent(() => import('./pages/settings-keys.tsx'), 'KeysPage'),
});

const tree = root.addChildren([
  home,
  setup,
  signIn,
  newSite,
  site.addChildren([
    overview,
    payments,
    payment,
    compare,
    journeys,
    customer,
    visitor,
    people,
    subscriptions,
    subscription,
    spend,
    restatements,
    coverage,
    settings.addChildren([
      settingsHome,
      settingsSite,
      settingsScript,
      settingsRevenue,
      settingsAttribution,
      settingsHistory,
      settingsCheckUp,
      settingsKeys,
    ]),
  ]),
]);

export const router = createRouter({
  routeTree: tree,
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  scrollRestoration: true,
  defaultPendingMs: 300,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
